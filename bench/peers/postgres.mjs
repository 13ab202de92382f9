// Node + PostgreSQL: a pool, prepared statements, rows locked in one order so that nothing deadlocks. Arguments: folder of the socket, port, connections.
import pg from "pg";
import { serve } from "./http.mjs";

const [host, port, connections] = process.argv.slice(2);
const pool = new pg.Pool({ host, port: Number(port), user: "bench", database: "postgres", max: Number(connections) });
await pool.query(`
  CREATE TABLE accounts (id BIGSERIAL PRIMARY KEY, owner FLOAT8 NOT NULL, balance FLOAT8 NOT NULL);
  CREATE INDEX by_owner ON accounts (owner);
`);
const lock = { name: "lock", text: "SELECT id, owner, balance FROM accounts WHERE owner = $1 OR owner = $2 ORDER BY id FOR UPDATE" };
const update = { name: "update", text: "UPDATE accounts SET balance = $1 WHERE id = $2" };

async function transfer({ from, to, amount }) {
  if (from === to) return;
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query({ ...lock, values: [from, to] });
    const source = rows.find(({ owner }) => owner === from);
    const target = rows.find(({ owner }) => owner === to);
    if (source === undefined || target === undefined) throw new Error("No such account");
    await client.query({ ...update, values: [source.balance - amount, source.id] });
    await client.query({ ...update, values: [target.balance + amount, target.id] });
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

serve({
  "accounts:open": ({ from, count, balance }) =>
    pool.query("INSERT INTO accounts (owner, balance) SELECT n, $3 FROM generate_series($1::bigint, $2::bigint) AS n", [from, from + count - 1, balance]).then(() => null),
  "accounts:transfer": transfer,
  "accounts:held": async ({ from, count }) =>
    (await pool.query("SELECT sum(balance) AS held FROM accounts WHERE owner >= $1 AND owner < $2", [from, from + count])).rows[0].held,
});
