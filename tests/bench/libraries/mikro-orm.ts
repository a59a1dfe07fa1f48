import { answerReads } from './answer-reads.ts';

const name = '@mikro-orm/postgresql';
const { MikroORM, DatabaseSchema } = await import(name);

/** What its schema generator compares entities with. */
answerReads(async (url) => {
  const orm = await MikroORM.init({ clientUrl: url, discovery: { warnWhenNoEntities: false } });
  const connection = orm.em.getConnection();
  const schema = await DatabaseSchema.create(connection, orm.em.getPlatform(), orm.config);
  await orm.close(true);
  return schema.getTables().length + schema.getViews().length;
});
