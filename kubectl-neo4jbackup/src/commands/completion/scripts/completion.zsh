#compdef kubectl-neo4jbackup kubectl-neo4j_backup
# Written by `kubectl neo4jbackup completion`: zsh.

_kubectl_neo4jbackup() {
    local line value help directive=4
    local -a candidates
    for line in "${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        if [[ $line == :[0-9]* ]]; then
            directive=${line#:}
        elif [[ -n $line ]]; then
            value=${line%%$'\t'*}
            help=""
            [[ $line == *$'\t'* ]] && help=:${line#*$'\t'}
            candidates+=("${value//:/\\:}$help")
        fi
    done
    # What comes after a flag and = comes without the flag.
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if [[ $directive == 0 ]]; then
        _files
    elif (( ${#candidates} )); then
        _describe -V candidate candidates
    fi
}

# Read as a function of fpath, this completes; read by `source`, it only says who does.
if [[ $funcstack[1] == _kubectl-neo4jbackup ]]; then
    _kubectl_neo4jbackup "$@"
else
    compdef _kubectl_neo4jbackup kubectl-neo4jbackup kubectl-neo4j_backup
fi
