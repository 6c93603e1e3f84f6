# Prints what zsh would offer for command lines: zsh -f zsh_complete.zsh DIR LINE...
# with a form feed after each one's matches. DIR holds _inrush. An interactive
# zsh on a pseudo-terminal completes; its compadd writes every match to a file.
zmodload zsh/zpty
export OFFERED=$1/offered
zpty completing zsh -f -i
zpty -w completing "PS1= PS2=; fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D
compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd \"\$@\"
        return
    fi
    local -a matching
    builtin compadd -O matching \"\$@\"
    (( \$#matching )) && print -rl -- \$matching >>\$OFFERED
    builtin compadd \"\$@\"
}
finish() { zle -I; print DONE-COMPLETING; zle kill-buffer }
zle -N finish
bindkey '^I' list-choices '^X' finish
print READY-\$((1 + 1))"
zpty -r completing seen '*READY-2*'
shift
for line; do
    : >$OFFERED
    zpty -w -n completing "$line"$'\t\x18'
    zpty -r completing seen '*DONE-COMPLETING*'
    cat $OFFERED
    print -n '\f'
done
zpty -d completing
