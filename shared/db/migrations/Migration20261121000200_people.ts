import { Migration } from '@mikro-orm/migrations';

/** Invitations, and a profile of its own for each membership. */
export class Migration20261121000200_people extends Migration {
  override up(): void {
    // An address has one account, and may be invited to several organizations before it has any:
    // each of them has a pending user of its own, so that none learns of the others.
    this.addSql(`alter table app_user drop constraint app_user_email_key`);
    this.addSql(`create unique index app_user_account on app_user (email) where status = 'ACTIVE'`);
    this.addSql(`create index app_user_email on app_user (email)`);

    this.addSql(`alter table membership add full_name text, add avatar_url text`);
    this.addSql(`create index membership_list on membership (organization_id, id desc)`);

    // At most one per membership: a new invitation takes the place of the one before.
    this.addSql(`
      create table invitation (
        id text primary key,
        organization_id text not null references organization,
        membership_id text not null unique references membership,
        token_hash bytea not null unique,
        is_by_email boolean not null,
        expires_at timestamptz(3) not null,
        kid text,
        wrapped bytea check (octet_length(wrapped) = 112),
        nonce bytea check (octet_length(nonce) = 24),
        ciphertext bytea,
        created_at timestamptz(3) not null,
        updated_at timestamptz(3) not null,
        check (num_nulls(kid, wrapped, nonce, ciphertext) in (0, 4))
      )`);
    this.addSql(`create index invitation_expiry on invitation (expires_at)`);
  }

  override down(): void {
    this.addSql(`drop table invitation`);
    this.addSql(`drop index membership_list`);
    this.addSql(`alter table membership drop full_name, drop avatar_url`);
    this.addSql(`drop index app_user_email`);
    this.addSql(`drop index app_user_account`);
    // Whoever has not accepted yet has no place in the older tables, where an address is one user.
    this.addSql(`
      delete from membership m using app_user u where u.id = m.user_id and u.status = 'PENDING'`);
    this.addSql(`delete from app_user where status = 'PENDING'`);
    this.addSql(`alter table app_user add constraint app_user_email_key unique (email)`);
  }
}
