// Numbers and times for people.

export function ms(value: number | null | undefined): string {
  if (value == null) return '–';
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  if (value >= 100) return `${value.toFixed(0)} ms`;
  if (value >= 1) return `${value.toFixed(1)} ms`;
  return `${value.toFixed(2)} ms`;
}

export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
}

export function amount(value: number, unit: string): string {
  return unit === 'bytes' ? bytes(value) : count(value);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

export function moment(at: number): string {
  const date = new Date(at);
  const day = date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString('en-GB')} `;
  return day + date.toLocaleTimeString('en-GB');
}

/** "in 5 s", "3 min ago". */
export function relative(at: number): string {
  const seconds = (at - Date.now()) / 1000;
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(-seconds)} ago`;
}
