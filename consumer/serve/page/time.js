// Instants as people read them. All days are UTC, as the API tells them.

const DAY = 86_400_000;
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

export const dayOf = (millis) => Math.floor(millis / DAY);
export const millisOf = (day) => day * DAY;
export const today = () => dayOf(Date.now());

/** "1 Mar 2022"; empty for none. */
export const dayText = (instant) => (instant === null || instant === undefined ? "" : dayFormat.format(new Date(instant)));

/** "since 1 Mar 2022", "1 Mar 2022 – 9 Oct 2023", "until …". */
export function spanText(from, to) {
  if (!from && !to) return "time not known";
  if (!to) return `since ${dayText(from)}`;
  return from ? `${dayText(from)} – ${dayText(to)}` : `until ${dayText(to)}`;
}

/** Whether a fact holds at an instant (milliseconds). */
export const holdsAt = (fact, at) =>
  (!fact.valid_at || Date.parse(fact.valid_at) <= at) && (!fact.invalid_at || at < Date.parse(fact.invalid_at));

/** Instants for the marks of an axis: years, or months where there are few; at most `most`. */
export function ticks(from, to, most) {
  const first = new Date(from).getUTCFullYear();
  const last = new Date(to).getUTCFullYear();
  const years = last - first;
  if (years >= 2) {
    const step = [1, 2, 5, 10, 20, 25, 50, 100, 250].find((size) => years / size <= most) ?? 500;
    const found = [];
    for (let year = Math.ceil((first + 0.001) / step) * step; year <= last; year += step) {
      found.push({ at: Date.UTC(2000, 0, 1) + (Date.UTC(year < 100 ? 2000 + year : year, 0, 1) - Date.UTC(2000, 0, 1)), text: String(year) });
    }
    return found.filter((tick) => tick.at >= from && tick.at <= to);
  }
  const found = [];
  for (let month = 0; month <= 26; month += 1) {
    const at = Date.UTC(first, month, 1);
    if (at >= from && at <= to) {
      const name = new Date(at).toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
      found.push({ at, text: month % 12 === 0 ? String(first + month / 12) : name });
    }
  }
  const every = Math.max(1, Math.ceil(found.length / most));
  return found.filter((_, place) => place % every === 0);
}
