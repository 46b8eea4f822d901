const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `Tue 24 Nov 10:28:07 UTC 2026`, local time. cli: util/ui/ui.go, UserFriendlyDate */
export function friendlyDate(date: Date): string {
  const zone = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" })
    .formatToParts(date)
    .find(({ type }) => type === "timeZoneName")?.value;
  const day = `${DAYS[date.getDay()]} ${two(date.getDate())} ${MONTHS[date.getMonth()]}`;
  return `${day} ${timeOf(date)} ${zone ?? ""} ${date.getFullYear()}`;
}

/** `2026-11-24T10:28:07.00+0000`, local time, as log lines and events have it. */
export function logDate(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${timeOf(date)}.${two(Math.floor(date.getMilliseconds() / 10))}${zone}`;
}

/** `Tue, 24 Nov 2026 10:28:07 UTC` */
export function rfc1123(date: Date): string {
  return date.toUTCString().replace("GMT", "UTC");
}

function timeOf(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
