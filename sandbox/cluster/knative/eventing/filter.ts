/** Whether an event is for a Trigger: attributes that are equal, or the dialects of `filters` (CESQL is refused earlier). */
import type { CloudEvent } from './cloud-event.ts';
import type { EventFilter, Trigger } from './kinds.ts';

/** `filters` stands in for `filter` where it is given. */
export function passes({ spec }: Trigger, event: CloudEvent): boolean {
  const { filter, filters } = spec!;
  if (filters?.length) return filters.every((each) => matches(each, event));
  return Object.entries(filter?.attributes ?? {}).every(([name, wanted]) => {
    const value = attribute(event, name);
    // An empty value stands for any, of an attribute that is there.
    return value !== undefined && (wanted === '' || value === wanted);
  });
}

function matches(filter: EventFilter, event: CloudEvent): boolean {
  const { exact, prefix, suffix, all, any, not } = filter;
  const every = (map: Record<string, string>, test: (value: string, wanted: string) => boolean) =>
    Object.entries(map).every(([name, wanted]) => {
      const value = attribute(event, name);
      return value !== undefined && test(value, wanted);
    });
  return (
    (!exact || every(exact, (value, wanted) => value === wanted)) &&
    (!prefix || every(prefix, (value, wanted) => value.startsWith(wanted))) &&
    (!suffix || every(suffix, (value, wanted) => value.endsWith(wanted))) &&
    (!all || all.every((each) => matches(each, event))) &&
    (!any?.length || any.some((each) => matches(each, event))) &&
    (!not || !matches(not, event))
  );
}

const attribute = (event: CloudEvent, name: string): string | undefined =>
  name === 'datacontenttype' ? event.contentType : event.attributes[name];
