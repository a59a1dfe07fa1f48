import { openProcedure, procedure, router } from '../../trpc.ts';
import { acceptInvitation } from './accept-invitation.ts';
import {
  AcceptInvitation,
  ChangePassword,
  Done,
  Login,
  Me,
  Nothing,
  Refresh,
  Tokens,
} from './contract.ts';
import { getMe } from './get-me.ts';
import { login } from './login.ts';
import { refresh } from './refresh.ts';
import { changePassword, logout } from './sessions.ts';
import { tellEvenly } from './tell-evenly.ts';

const tag = 'Auth';

export const auth = router({
  login: openProcedure
    .meta({
      summary: 'Exchange email and password for tokens',
      permission: null,
      rest: { v1: 'POST /auth/login' },
      isOpen: true,
      tag,
    })
    .input(Login)
    .output(Tokens)
    .mutation(({ ctx, input }) => tellEvenly(() => login(ctx, input))),

  refresh: openProcedure
    .meta({
      summary: 'Rotate a refresh token',
      permission: null,
      rest: { v1: 'POST /auth/refresh' },
      isOpen: true,
      tag,
    })
    .input(Refresh)
    .output(Tokens)
    .mutation(({ ctx, input }) => tellEvenly(() => refresh(ctx, input))),

  acceptInvitation: openProcedure
    .meta({
      summary: 'Accept an invitation, and sign in',
      permission: null,
      rest: { v1: 'POST /auth/accept-invitation' },
      isOpen: true,
      tag,
    })
    .input(AcceptInvitation)
    .output(Tokens)
    .mutation(({ ctx, input }) => tellEvenly(() => acceptInvitation(ctx, input))),

  me: procedure
    .meta({
      summary: 'The caller and its effective permissions',
      permission: null,
      rest: { v1: 'GET /auth/me' },
      tag,
    })
    .input(Nothing)
    .output(Me)
    .query(({ ctx }) => getMe(ctx)),

  logout: procedure
    .meta({
      summary: 'End this session',
      permission: null,
      rest: { v1: 'POST /auth/logout' },
      tag,
    })
    .input(Nothing)
    .output(Done)
    .mutation(({ ctx }) => logout(ctx)),

  changePassword: procedure
    .meta({
      summary: 'Change the password and end every other session',
      permission: null,
      rest: { v1: 'POST /auth/password' },
      tag,
    })
    .input(ChangePassword)
    .output(Done)
    .mutation(({ ctx, input }) => changePassword(ctx, input)),
});
