# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion of ipctop for fish. What may stand there the program itself says (src/cmd/complete.c):
# words and what they are, parted by a tab, as fish itself wants them. Names of objects were chosen by
# others: they have no byte that is not printable, and fish quotes what it puts in.

function __ipctop_words
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    # fish gives it as it was typed
    set words[1] (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l offered ($words[1] --complete $words[2..] "$last" 2>/dev/null)
    # before the value of an option
    set -l before (string match -r -- '^--[^=]*=' $last)
    switch "$offered[1]"
        case \tFILE
            printf '%s\n' "$before"(__fish_complete_path (string replace -- "$before" '' $last))
        case \tFOLDER
            printf '%s\n' "$before"(__fish_complete_directories (string replace -- "$before" '' $last))
        case \t'*'
        case '*'
            printf '%s\n' $offered
    end
end

complete -c ipctop -f -a '(__ipctop_words)'
