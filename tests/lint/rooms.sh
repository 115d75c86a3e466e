#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rooms: an include never points back, and each library has one user.
. "$(dirname "$0")/lib.sh"

# What each room may include besides itself.
declare -A may=(
	[lib]=""
	[model]="lib"
	[collect]="model lib"
	[act]="view model collect lib"
	[view]="model lib"
	[tui]="view act collect model lib"
	[compat]="collect act model lib"
	[cmd]="compat tui view act collect model lib"
	[main]="cmd lib"
)

# The room of a header that crosses a wall is the first that has a .c file of its name; these have none.
declare -A room_of=([banned]=lib [collect]=collect [filter]=model [view]=view)
for header in include/ipctop/*.h; do
	name=$(basename "$header" .h)
	for room in cmd compat tui view act collect model lib; do
		[ ! -e "src/$room/$name.c" ] || room_of[$name]=$room
	done
done

# "file header" for each include of a header of ours.
includes()
{
	grep -rnoE '^#[[:space:]]*include[[:space:]]+"[^"]+"' "$@" 2>/dev/null |
		sed -E 's/^([^:]+):[0-9]+:.*"([^"]+)".*/\1 \2/'
}

findings=
for header in include/ipctop/*.h; do
	name=$(basename "$header" .h)
	[ -n "${room_of[$name]:-}" ] || findings+="$header: there is no src/*/$name.c, nor a row in tests/lint/rooms.sh"$'\n'
done
verdict "each public header belongs to a room" "${findings%$'\n'}"

findings=
while read -r file header; do
	case $file in
	include/ipctop/*) room=${room_of[$(basename "$file" .h)]:-} ;;
	src/main.c) room=main ;;
	src/*/*) room=${file#src/}; room=${room%%/*} ;;
	esac
	if [ -z "$room" ] || [ -z "${may[$room]+set}" ]; then
		findings+="$file: unknown room '$room'"$'\n'
		continue
	fi
	case $header in
	ipctop/*)
		target=$(basename "$header" .h)
		target=${room_of[$target]:-} ;;
	*_lex.h | *_parse.h)		# made by flex and bison
		continue ;;
	cmd/*)
		[ "$room" = main ] || findings+="$file: includes the private header $header"$'\n'
		target=cmd ;;
	*/*)
		# a room inside the room
		[ ! -e "$(dirname "$file")/$header" ] || continue
		target=${header%%/*}
		findings+="$file: includes the private header $header"$'\n' ;;
	*)
		[ -e "$(dirname "$file")/$header" ] || findings+="$file: $header is not beside it"$'\n'
		continue ;;
	esac
	case " $room ${may[$room]} " in
	*" $target "*) ;;
	*) findings+="$file ($room): may not include $header ($target)"$'\n' ;;
	esac
done < <(includes -r include src)
verdict "an include never points back" "${findings%$'\n'}"

# library, the pattern of its headers, its only user
while read -r library pattern user; do
	findings=$(grep -rnE "^#[[:space:]]*include[[:space:]]+[<\"]($pattern)" include src |
		grep -v "^$user:")
	verdict "only $user includes $library" "$findings"
done <<'END'
ncurses n?curses src/tui/screen.c
libsmartcols libsmartcols src/view/table.c
libproc2 libproc2 src/collect/process.c
json-c json(-c)?/|json\.h src/lib/json.c
libzstd zstd|zdict src/act/pack.c
END

findings=$(grep -rnE '\bptrace\(|<(sys|linux)/ptrace\.h>' include src |
	grep -vE '^src/act/detach/|:[0-9]+:[[:space:]]*(/?\*|//)')
verdict "only src/act/detach traces processes" "$findings"

findings=$(grep -nE '\b(time|open|openat|fopen|read|clock_gettime|gettimeofday|ioctl|system|getenv)\(' \
	src/model/*.[chly] 2>/dev/null | grep -vE ':[[:space:]]*(/?\*|//)')
findings+=$(grep -nE '^#[[:space:]]*include[[:space:]]+("ipctop/(io|clock)\.h"|<(fcntl|unistd)\.h>)' \
	src/model/*.[chly] 2>/dev/null)
verdict "the model neither opens files nor asks for the time" "$findings"

# Below the commands nobody prints and nobody exits; out of memory (lib/alloc.c), and a library that is
# missing (lib/library.c), excepted.
findings=$(grep -rnE '\b((v?printf|puts|putchar|perror|v?errx?|v?warnx?|exit|abort)\(|stderr\b)' \
	src/lib src/model src/collect src/view src/act 2>/dev/null |
	grep -vE '^src/lib/(alloc|library)\.c:|:[0-9]+:[[:space:]]*(/?\*|//)')
verdict "nobody below the commands prints an error or exits" "$findings"

finish
