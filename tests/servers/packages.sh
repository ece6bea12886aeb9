#!/bin/sh
# The Debian packages that the end-to-end tests need: installs what is missing if it may, else says the command.
set -eu

wanted="nginx apache2 libapache2-mod-fcgid lighttpd curl python3-venv"
missing=""
for package in $wanted; do
    case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
        *" installed") ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    echo "installing:$missing"
    # The packages must not start services: the tests run the servers themselves, from temporary folders.
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    [ -e /usr/sbin/policy-rc.d ] && trap - EXIT || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing > /dev/null
else
    echo "The tests behind real web servers need packages that are not installed. Run, as root:" >&2
    echo "    apt-get install$missing" >&2
    exit 1
fi
