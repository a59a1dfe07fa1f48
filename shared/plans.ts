/** What an organization has booked. It decides how many requests a minute its credentials may make. */
export const plans = ['FREE', 'PRO', 'ENTERPRISE'] as const;

export type Plan = (typeof plans)[number];
