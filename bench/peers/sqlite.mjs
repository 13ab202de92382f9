// Node + better-sqlite3: WAL, synchronous=FULL, one connection, prepared statements. Arguments: the file of the database.
import Database from "better-sqlite3";
import { serve } from "./http.mjs";

const db = new Database(process.argv[2]);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner REAL NOT NULL, balance REAL NOT NULL);
  CREATE INDEX by_owner ON accounts (owner);
  CREATE TABLE notes (id INTEGER PRIMARY KEY, author TEXT NOT NULL, body TEXT NOT NULL, n REAL NOT NULL);
  CREATE INDEX by_author ON notes (author, n);
`);
const insert = db.prepare("INSERT INTO accounts (owner, balance) VALUES (?, ?)");
const find = db.prepare("SELECT id, balance FROM accounts WHERE owner = ?");
const range = db.prepare("SELECT id, owner, balance FROM accounts WHERE owner >= ? AND owner < ? ORDER BY owner");
const update = db.prepare("UPDATE accounts SET balance = ? WHERE id = ?");
const note = db.prepare("INSERT INTO notes (author, body, n) VALUES (?, ?, ?)");

const open = db.transaction(({ from, count, balance }) => {
  for (let owner = from; owner < from + count; owner++) insert.run(owner, balance);
});
const transfer = db.transaction(({ from, to, amount }) => {
  const source = find.get(from);
  const target = find.get(to);
  if (source === undefined || target === undefined) throw new Error("No such account");
  if (source.id === target.id) return;
  update.run(source.balance - amount, source.id);
  update.run(target.balance + amount, target.id);
});

serve({
  "accounts:open": (args) => open.immediate(args),
  "accounts:transfer": (args) => transfer.immediate(args),
  "accounts:held": ({ from, count }) => range.all(from, from + count).reduce((sum, { balance }) => sum + balance, 0),
  "accounts:deposit": ({ owner, amount }) => {
    const account = find.get(owner);
    update.run(account.balance + amount, account.id);
  },
  "accounts:list": ({ from, count }) => range.all(from, from + count),
  "notes:add": ({ author, body, n }) => Number(note.run(author, body, n).lastInsertRowid),
  "notes:ping": () => "pong",
});
