import { useQuery } from "convex/react";
import { useEffect, useState } from "react";
import { api } from "../convex/_generated/api";

/** Says how many replies one may still ask for, once there are few, and when there will be more. */
export function Budget() {
  const limit = useQuery(api.limits.mine);
  const now = useClock();
  if (limit === undefined) return null;
  const lately = limit.times.filter((at) => at > now - limit.window);
  const left = limit.most - lately.length;
  if (left > Math.min(5, limit.most / 2)) return null;
  const seconds = Math.max(1, Math.ceil((Math.min(...lately) + limit.window - now) / 1_000));
  return (
    <p className="budget" role="status" data-left={Math.max(left, 0)}>
      {left > 0 ? `${left} more ${left === 1 ? "reply" : "replies"} this minute` : `The next reply may be asked for in ${seconds} s`}
    </p>
  );
}

/** Unix milliseconds, anew every second. */
function useClock(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(ticking);
  }, []);
  return now;
}
