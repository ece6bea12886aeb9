#!/bin/sh
# The Debian packages that the tests need, real servers and what counts system calls and instructions: installs what is
# missing, if that is allowed. `packages.sh bench INCLUDE`: those of `make bench` instead; INCLUDE is where Python.h should be.
set -eu

missing=
needs() { # needs PACKAGE PATH: the package is there if the path is
    [ -e "$2" ] || missing="$missing $1"
}

needs nginx /usr/sbin/nginx
if [ "${1:-}" = bench ]; then
    what="The benchmarks need"
    needs gcc /usr/bin/cc
    needs libc6-dev /usr/include/stdio.h
    needs hyperfine /usr/bin/hyperfine
    needs apache2 /usr/sbin/apache2
    needs apache2-utils /usr/bin/ab
    needs python3-dev "$2/Python.h"
else
    what="The tests need"
    needs apache2 /usr/sbin/apache2
    needs libapache2-mod-fcgid /usr/lib/apache2/modules/mod_fcgid.so
    needs curl /usr/bin/curl
    needs lighttpd /usr/sbin/lighttpd
    needs caddy /usr/bin/caddy
    needs haproxy /usr/sbin/haproxy
    needs strace /usr/bin/strace
    needs valgrind /usr/bin/valgrind
    needs python3 /usr/bin/python3
    # Debian keeps what `python3 -m venv` needs in a package of its own.
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
fi

[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "$what these packages:$missing" >&2
    echo "On Debian:  sudo $install" >&2
    exit 1
fi

echo "installing:$missing"
# The tests start the servers themselves, so the packages are told not to.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" > $policy
    chmod +x $policy
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
apt-get update --quiet=2
$install >/dev/null
