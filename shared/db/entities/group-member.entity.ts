import { defineEntity, p } from '@mikro-orm/core';

export const GroupMember = defineEntity({
  name: 'GroupMember',
  tableName: 'group_member',
  properties: {
    groupId: p.string().primary(),
    membershipId: p.string().primary(),
  },
});
