import { BlockList, isIP } from 'node:net';
import { AppError } from '../../shared/errors.ts';
import { originOf, type CallerContext, type Context } from '../context.ts';

/** Adds the caller to the context. One answer for every way of being wrong. */
export async function authenticated(ctx: Context): Promise<CallerContext> {
  const { credential, address } = ctx.request;
  if (credential.kind === 'none') {
    throw new AppError('UNAUTHENTICATED', 'Missing or invalid API key', {
      details: { reason: 'missing' },
    });
  }
  const principal = await ctx.principals.find(credential);
  if (!principal || !isAllowedFrom(address, principal.allowedCidrs)) {
    throw new AppError('UNAUTHENTICATED', 'Missing or invalid API key', {
      details: { reason: 'invalid' },
    });
  }
  return { ...ctx, principal, origin: originOf(ctx.request, principal) };
}

function isAllowedFrom(address: string | null, cidrs: readonly string[]): boolean {
  if (cidrs.length === 0) return true;
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  const family = isIP(plain);
  if (family === 0) return false;
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits] = cidr.split('/');
    list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
}
