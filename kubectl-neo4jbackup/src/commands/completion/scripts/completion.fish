# Written by `kubectl neo4jbackup completion`: fish, from version 3 on.

function __kubectl_neo4jbackup_complete
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local last (commandline --current-token --cut-at-cursor)
    set --local directive 4
    # What comes after a flag and = comes without the flag.
    set --local flag ""
    if string match --quiet -- '-*=*' $last
        set flag (string split --max 1 = -- $last)[1]=
    end
    for line in ($words[1] __complete $words[2..-1] "$last" 2>/dev/null)
        if string match --quiet --regex '^:[0-9]+$' -- $line
            set directive (string sub --start 2 -- $line)
        else
            echo $flag$line
        end
    end
    if test $directive = 0
        __fish_complete_path "$last"
    end
end

for program in kubectl-neo4jbackup kubectl-neo4j_backup
    complete --command $program --no-files --keep-order --arguments '(__kubectl_neo4jbackup_complete)'
end
