#!/bin/sh
# The Debian packages that the tests use: install what is missing, or say the one line that would.
set -eu

packages="
  apache2-bin bind9 bind9-dnsutils busybox-static caddy chromium clang curl docker-registry docker.io ethtool
  fonts-dejavu-core haproxy iproute2 ipset iputils-ping libgnutls30 libseccomp2 linux-libc-dev microsocks mosquitto mtr-tiny netcat-openbsd nftables
  nginx-light openssh-client openssh-server openssl postgresql redis-server skopeo snmp snmpd squid tayga tcpdump tshark udhcpc unbound
"
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null || true)
missing=
for package in $packages; do
  printf '%s\n' "$installed" | grep -qx "$package installed" || missing="$missing $package"
done
# Of this one the program only: installed, it would keep the host's clock instead of what keeps it now.
chrony=/usr/local/lib/forepost-tests
[ -x $chrony/usr/sbin/chronyd ] || command -v chronyd >/dev/null || missing="$missing chrony"
[ "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "the tests need packages that are not installed: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
apt-get update -qq
case $missing in
*chrony)
  missing=${missing%chrony}
  fetched=$(mktemp -d)
  (cd "$fetched" && apt-get -o APT::Sandbox::User=root download -qq chrony && dpkg -x chrony_*.deb .)
  mkdir -p $chrony/usr/sbin
  cp "$fetched"/usr/sbin/chronyd $chrony/usr/sbin/
  rm -r "$fetched"
  ;;
esac
[ "${missing# }" ] || exit 0
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
