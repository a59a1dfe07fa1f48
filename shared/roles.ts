export const roles = ['ADMIN', 'MEMBER'] as const;

export type Role = (typeof roles)[number];
