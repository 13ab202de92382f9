// @ts-check
// What crons.js exports, in the stored form: spec/deploy-api.md §5.6.
import { Refusal } from "./errors.mjs";
import { parseJson, toJson } from "./host.mjs";

const Days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const Seconds = /** @type {const} */ ({ seconds: 1, minutes: 60, hours: 3600 });

/** @param {Record<string, any>} namespace */
export function cronSpecsOf(namespace) {
  const crons = namespace.default;
  if (crons?.isCrons !== true) throw new Refusal("InvalidModules", "The default export of `convex/crons.js` is not a Crons.");
  /** @type {Record<string, { name: string, args: unknown[], schedule: Record<string, any> }>} */
  const exported = parseJson(crons.export());
  return Object.entries(exported).map(([identifier, { name, args, schedule }]) => ({
    identifier,
    spec: { udfPath: canonicalPath(name), udfArgs: bytesOf(toJson(args)), cronSchedule: storedSchedule(identifier, schedule) },
  }));
}

/** @param {string} name */
function canonicalPath(name) {
  const [module, exported = "default"] = name.split(":");
  return `${module.endsWith(".js") ? module : `${module}.js`}:${exported}`;
}

/** @param {string} text */
const bytesOf = (text) => [...new TextEncoder().encode(text)];

/** @param {string} identifier @param {Record<string, any>} schedule */
function storedSchedule(identifier, schedule) {
  const { type, ...fields } = schedule;
  switch (type) {
    case "interval": return { type, seconds: intervalOf(identifier, fields) };
    case "hourly": return { type, ...minuteOf(identifier, fields) };
    case "daily": return { type, ...hourOf(identifier, fields), ...minuteOf(identifier, fields) };
    case "weekly": return { type, dayOfWeek: dayOfWeek(identifier, fields), ...hourOf(identifier, fields), ...minuteOf(identifier, fields) };
    case "monthly": return { type, day: within(identifier, "day", fields.day, 1, 31), ...hourOf(identifier, fields), ...minuteOf(identifier, fields) };
    case "cron": return { type, cronExpr: expressionOf(identifier, fields) };
    default: throw invalid(identifier, `unknown schedule type ${toJson(type)}`);
  }
}

/** @param {string} identifier @param {string} why */
const invalid = (identifier, why) => new Refusal("InvalidCron", `The cron ${toJson(identifier)} is invalid: ${why}`);

/** @param {string} identifier @param {Record<string, any>} fields */
function intervalOf(identifier, fields) {
  const given = Object.entries(Seconds).filter(([unit]) => fields[unit] !== undefined);
  if (given.length !== 1) throw invalid(identifier, "an interval has exactly one of seconds, minutes and hours");
  const [unit, seconds] = given[0];
  const count = fields[unit];
  if (!Number.isInteger(count) || count <= 0) throw invalid(identifier, "an interval must be an integer greater than 0");
  return count * seconds;
}

/** @param {string} identifier @param {string} name @param {unknown} value @param {number} least @param {number} most */
function within(identifier, name, value, least, most) {
  if (!Number.isInteger(value) || /** @type {number} */ (value) < least || /** @type {number} */ (value) > most) {
    throw invalid(identifier, `${name} must be an integer from ${least} to ${most}`);
  }
  return value;
}

/** @param {string} identifier @param {Record<string, any>} fields */
const hourOf = (identifier, { hourUTC }) => ({ hourUTC: within(identifier, "hourUTC", hourUTC, 0, 23) });

/** @param {string} identifier @param {Record<string, any>} fields */
const minuteOf = (identifier, { minuteUTC }) => (minuteUTC === undefined ? {} : { minuteUTC: within(identifier, "minuteUTC", minuteUTC, 0, 59) });

/** @param {string} identifier @param {Record<string, any>} fields */
function dayOfWeek(identifier, fields) {
  const day = Days.indexOf(fields.dayOfWeek);
  if (day < 0) throw invalid(identifier, "dayOfWeek must be the English name of a day, in lower case");
  return day;
}

/** @param {string} identifier @param {Record<string, any>} fields */
function expressionOf(identifier, { cron }) {
  if (typeof cron !== "string" || cron.trim().split(/\s+/).length !== 5) throw invalid(identifier, "a cron expression has five fields");
  return cron;
}
