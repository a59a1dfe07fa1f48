import { parseCidr } from './address-ranges.ts';

/** What no data source lies in unless the operator says so. Source: security.md, fact 4. */
export const deniedByDefault = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  // IPv4 inside IPv6: compatible (obsolete), NAT64, local NAT64, 6to4. Mapped addresses are read
  // as the IPv4 address they stand for.
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
].map(parseCidr);

/** Stays closed whatever EGRESS_ALLOW_CIDRS says. */
export const neverOpened = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  // Metadata services outside of link-local: Alibaba Cloud, and AWS over IPv6.
  '100.100.100.200/32',
  'fd00:ec2::254/128',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  'fe80::/10',
  'ff00::/8',
].map(parseCidr);

/** What `allowCidrs: 'private'` opens: RFC 1918, loopback and unique local addresses. */
export const privateRanges = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '::1/128',
  'fc00::/7',
].map(parseCidr);
