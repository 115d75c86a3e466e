#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the README promises of make: deps, install, uninstall.
. "$(dirname "$0")/lib.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The packages that a file names for each other system.
packages()
{
	sed -z 's/\\\n[[:space:]]*//g' "$1" | grep -oE '(dnf install|pacman -S --needed|apk add) [a-z][-a-z0-9 ]+' |
		sed 's/ *$//' | grep -E 'json-c'
}
verdict "the README and deps name the same packages for other systems" \
	"$(diff <(packages README.md) <(packages tests/deps))"

# A system without apt-get.
mkdir "$scratch/bin"
ln -s "$(command -v cat)" "$(command -v sh)" "$scratch/bin"
said=$(PATH=$scratch/bin sh tests/deps build 2>&1)
status=$?
findings=
[ "$status" = 1 ] || findings="exit status $status"
for system in Fedora Arch Alpine; do
	grep -q "$system" <<<"$said" || findings+=$'\n'"says nothing of $system: $said"
done
verdict "where there is no apt-get, deps says what to install" "${findings#$'\n'}"

# One where all is installed: neither apt-get nor sudo may be asked.
cat >"$scratch/bin/apt-get" <<-'END'
	#!/bin/sh
	echo "apt-get was called: $*"
	exit 1
END
cp "$scratch/bin/apt-get" "$scratch/bin/sudo"
cat >"$scratch/bin/dpkg-query" <<-'END'
	#!/bin/sh
	printf 'installed '
END
chmod +x "$scratch/bin"/*
verdict "deps does nothing where nothing is missing" "$(PATH=$scratch/bin:$PATH sh tests/deps 2>&1)"

# One where something is missing, and one where its name was never heard of, is asked for once.
cat >"$scratch/bin/dpkg-query" <<-'END'
	#!/bin/sh
	case "$*" in
	*flex*) printf 'config-files ' ;;
	*bison*) echo "no packages found" >&2; exit 1 ;;
	*) printf 'installed installed ' ;;
	esac
END
cat >"$scratch/bin/apt-get" <<-END
	#!/bin/sh
	echo "\$*" >>"$scratch/asked"
END
sed 's/^exit.*//; s/echo.*/exec "$@"/' "$scratch/bin/sudo" >"$scratch/sudo"
mv "$scratch/sudo" "$scratch/bin/sudo"
chmod +x "$scratch/bin/sudo"
PATH=$scratch/bin:$PATH sh tests/deps build >/dev/null 2>&1
asked=$(grep -v -- ' -s \|^install -s' "$scratch/asked")
findings=
grep -qE -- '--no-install-recommends install flex bison$' <<<"$asked" || findings="asked: $asked"
[ "$(wc -l <<<"$asked")" = 1 ] || findings="asked several times: $asked"
verdict "deps installs just what is missing" "$findings"

# pkg-config finds nothing before deps has run; $(O)/flags is the least that needs it.
mkdir "$scratch/tree"
cp -r Makefile src include tests "$scratch/tree"
echo "touch '$scratch/ready'" >"$scratch/tree/tests/deps"
cat >"$scratch/bin/late-pkg-config" <<-END
	#!/bin/sh
	[ -e "$scratch/ready" ] || exit 1
	exec ${PKG_CONFIG:-pkg-config} "\$@"
END
chmod +x "$scratch/bin/late-pkg-config"
late()
{
	rm -rf "$scratch/ready" "$scratch/out"
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -C "$scratch/tree" \
		PKG_CONFIG="$scratch/bin/late-pkg-config" O="$scratch/out" "$@" "$scratch/out/flags" 2>&1
}
said=$(late)
findings=
grep -q 'make deps' <<<"$said" || findings="without deps: $said"
verdict "make says what to do where a library is missing" "$findings"
findings=
for how in "" V=1 -j4 SANITIZE=address,undefined; do
	# shellcheck disable=SC2086 # empty is no word
	said=$(late deps $how)
	[ -s "$scratch/out/flags" ] || findings+=$'\n'"make deps $how: $said"
done
grep -q 'fsanitize=address,undefined' "$scratch/out/flags" || findings+=$'\n'"SANITIZE= is lost"
grep -q 'LIBPROC2=.*libproc2\.so.*LIBSMARTCOLS=.*libsmartcols\.so' "$scratch/out/flags" || findings+=$'\n'"the libraries are not found"
verdict "deps and what needs it work in one call" "${findings#$'\n'}"

if [ ! -x "${BUILD:-build}/ipctop" ]; then
	skip "install and uninstall" "${BUILD:-build}/ipctop is not built"
	finish
fi
# The same flags as the build that is tested, or all of it would be built again.
make=(make --no-print-directory -s "O=${BUILD:-build}" "DESTDIR=$scratch/dest" PREFIX=/opt/it)
pages=(man/*.1)
files()
{
	find "$scratch/dest" -type f -printf '%m %P\n' | sort -k 2
}
# Where links lead.
links()
{
	find "$scratch/dest" -type l -printf '%P %l\n' | sort
}
said=$("${make[@]}" install 2>&1)
findings=$(diff <(sort -k 2 - <(printf '644 opt/it/share/man/man1/%s\n' "${pages[@]#man/}") <<-'END'
	755 opt/it/bin/ipctop
	644 opt/it/lib/systemd/system/ipctop-clean.service
	644 opt/it/lib/systemd/system/ipctop-clean.timer
	644 opt/it/lib/systemd/system/ipctop-metrics.service
	644 opt/it/lib/systemd/system/ipctop-metrics.timer
	644 opt/it/share/bash-completion/completions/ipctop
	644 opt/it/share/fish/vendor_completions.d/ipctop.fish
	644 opt/it/share/zsh/site-functions/_ipctop
	644 opt/it/share/ipctop/ipctop-1.schema.json
	644 opt/it/share/man/man5/ipctop-json.5
	644 opt/it/share/ipctop/grafana/ipctop.json
	644 opt/it/share/ipctop/ipctop-clean.cron
	644 opt/it/share/ipctop/ipctop-metrics.cron
	644 opt/it/share/ipctop/ipctop.conf
	644 opt/it/share/ipctop/prometheus/ipctop.rules.yml
	755 opt/it/share/ipctop/slurm-epilog.sh
END
) <(files)) || findings+=$'\n'$said
findings+=$(links)
verdict "install puts just its files" "$findings"
cd "$scratch/dest/opt/it" || exit 1
verdict "what names the program by its path names the installed one" "$(grep -rnI /usr/local . --exclude-dir=man
	grep -LF /opt/it/bin lib/systemd/system/*.service share/ipctop/*.cron share/ipctop/*.sh 2>&1)"
cd "$OLDPWD" || exit 1
"${make[@]}" uninstall >/dev/null 2>&1
verdict "uninstall takes them away" "$(files; find "$scratch/dest" -name '*ipctop*')"

said=$("${make[@]}" install WITH_IPCS_LINKS=1 2>&1)
findings=$(diff - <(links) <<-'END'
	opt/it/bin/ipcmk ipctop
	opt/it/bin/ipcrm ipctop
	opt/it/bin/ipcs ipctop
	opt/it/share/man/man1/ipcmk.1 ipctop-ipcs.1
	opt/it/share/man/man1/ipcrm.1 ipctop-ipcs.1
	opt/it/share/man/man1/ipcs.1 ipctop-ipcs.1
END
) || findings+=$'\n'$said
"$scratch/dest/opt/it/bin/ipcs" -V | grep -q '^ipcs from ipctop ' || findings+=$'\n'"ipcs does not run"
verdict "install WITH_IPCS_LINKS=1 puts links beside them" "$findings"
# util-linux's own are not ours
rm "$scratch/dest/opt/it/bin/ipcrm"
echo theirs >"$scratch/dest/opt/it/bin/ipcrm"
ln -sf elsewhere "$scratch/dest/opt/it/bin/ipcmk"
"${make[@]}" uninstall >/dev/null 2>&1
verdict "uninstall takes its links away, and nobody else's" \
	"$(diff <(printf '%s\n' '644 opt/it/bin/ipcrm' 'opt/it/bin/ipcmk elsewhere') <(files; links))"

finish
