// The transfer mutation as it is bundled, the real convex/server code, over an in-memory store in this one process: no worker, no frames, nothing durable.
// What remains is what the library and V8 cost. Arguments: the bundle, seconds, accounts, transfers under way at once.
const [bundle, seconds, accounts, callers] = [process.argv[2], ...process.argv.slice(3).map(Number)];

/** @type {Map<number, { _id: string, _creationTime: number, owner: number, balance: number }>} */
const byOwner = new Map();
const byId = new Map();
for (let owner = 0; owner < accounts; owner++) {
  const account = { _id: `id${owner}`, _creationTime: owner, owner, balance: 1000 };
  byOwner.set(owner, account);
  byId.set(account._id, account);
}

const streams = new Map();
let nextQuery = 0;
globalThis.Convex = {
  syscall(operation, args) {
    if (operation === "1.0/queryCleanup") {
      streams.delete(JSON.parse(args).queryId);
      return "true";
    }
    const found = byOwner.get(JSON.parse(args).query.source.range[0].value);
    streams.set(nextQuery, found === undefined ? [] : [found]);
    return `{"queryId":${nextQuery++}}`;
  },
  async asyncSyscall(operation, text) {
    const args = JSON.parse(text);
    if (operation === "1.0/queryStreamNext") {
      const found = streams.get(args.queryId)?.shift();
      return found === undefined ? `{"value":null,"done":true}` : `{"value":${JSON.stringify(found)},"done":false}`;
    }
    if (operation !== "1.0/shallowMerge") throw new Error(operation);
    return JSON.stringify(Object.assign(byId.get(args.id), args.value));
  },
};

const { transfer } = await import(bundle);
let transfers = 0;
let running = true;
async function caller() {
  while (running) {
    for (let n = 0; n < 100; n++) {
      const [from, to] = [Math.floor(Math.random() * accounts), Math.floor(Math.random() * accounts)];
      await transfer.invokeMutation(`[{"amount":1,"from":${from},"to":${to}}]`);
      transfers++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const all = Array.from({ length: callers }, caller);
await new Promise((resolve) => setTimeout(resolve, 1000));
const [before, cpu, begun] = [transfers, process.cpuUsage(), performance.now()];
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const { user, system } = process.cpuUsage(cpu);
const count = transfers - before;
console.log(JSON.stringify({ perSecond: (count * 1000) / (performance.now() - begun), cpuMicroseconds: (user + system) / count }));
running = false;
await Promise.all(all);
