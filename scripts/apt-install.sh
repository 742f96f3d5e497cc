#!/bin/sh
# Installs Debian packages without starting their daemons, now or at the next boot. Needs root.
# Only system-packages.mjs calls it.
#
#   sh scripts/apt-install.sh 'SERVICE ...' PACKAGE ...
set -eu

services=$1
shift

policy=/usr/sbin/policy-rc.d
saved=$policy.before-latchkey
mark='# Refuses while Latchkey installs a package; removed right after.'

# Debian asks policy-rc.d before it starts a daemon; status 101 means no. One that already says no stays. Another
# one is moved aside and comes back as it was: same file, owner and mode.
restore_policy() {
  if [ -f "$policy" ] && grep -qF "$mark" "$policy"; then rm -f "$policy"; fi
  if [ -e "$saved" ] || [ -L "$saved" ]; then mv -f "$saved" "$policy"; fi
}

refuse_daemons() {
  status=0
  if [ -x "$policy" ]; then "$policy" redis-server start >/dev/null 2>&1 || status=$?; fi
  if [ "$status" -eq 101 ]; then return; fi
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv "$policy" "$saved"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

install_packages() {
  apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@"
}

# A run that was killed outright left its policy behind: this puts the old one back first. On a signal the shell
# waits for apt-get, so a package is never left half installed, and then restores.
restore_policy
trap restore_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

refuse_daemons
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
# The lists of a fresh machine are empty or old: update them only if the installation needs it.
install_packages "$@" || { apt-get -qq update && install_packages "$@"; }

if command -v systemctl >/dev/null; then
  for service in $services; do systemctl --quiet disable "$service" || true; done
fi
