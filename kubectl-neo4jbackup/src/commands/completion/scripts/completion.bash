# Written by `kubectl neo4jbackup completion`: bash, from version 3.2 on.

_kubectl_neo4jbackup() {
    local IFS=$'\n' words=() word glued="" line directive=4 last breaks kept flag
    # To bash, = and : are words of their own; to the program they are parts of words.
    local i
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ ${#words[@]} -gt 0 && ( $glued || $word == [=:]* ) ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        glued=""
        [[ $word == *[=:] ]] && glued=1
    done
    last=${words[${#words[@]} - 1]}
    # bash replaces what stands behind the last of them.
    breaks=${COMP_WORDBREAKS//[^=:]/}
    kept=""
    [[ $breaks && $last == *[$breaks]* ]] && kept=${last%"${last##*[$breaks]}"}
    # What comes after a flag and = comes without the flag.
    flag=""
    [[ $last == -*=* ]] && flag=${last%%=*}=
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :[0-9]* ]]; then
            directive=${line#:}
        else
            line=$flag${line%%$'\t'*}
            COMPREPLY+=("${line#"$kept"}")
        fi
    done < <("$1" __complete "${words[@]}" 2>/dev/null)
    if [[ $directive == 0 ]]; then
        compopt -o default 2>/dev/null || COMPREPLY=($(compgen -f -- "${last#"$kept"}"))
    elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _kubectl_neo4jbackup kubectl-neo4jbackup kubectl-neo4j_backup
