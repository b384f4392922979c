// JavaScript that takes a row as an object of its columns, as the exported module of a run does.
import type { InputColumn, TableDescription } from '@bp/table'

/**
 * Source of `answer(row)`: numbers and dates may be numbers or texts as programs write them, missing ones null, undefined
 * or ''. It encodes the row as `bp predict` does and puts the prediction in words.
 */
export function rowReader({ inputs, target }: TableDescription): string {
  const columns = inputs.map(({ reading, encoding }) => ({
    name: reading.name,
    kind: reading.kind,
    ...(reading.kind === 'yes/no' && { yes: reading.form.yes, no: reading.form.no }),
    ...encoding,
  }))
  const dates = inputs.some(isDate)
  return `/** The columns that a row must have, and how each becomes inputs. */
export const columns = ${JSON.stringify(columns, null, 2)};

/** The answer for a row, an object of its columns by name: ${
    target.task === 'classification' ? 'the class, and the probability of each.' : 'a number.'
  } Missing values are null, undefined or ''. */
export function answer(row) {
  const inputs = [];
  for (const column of columns) {
    if (!Object.hasOwn(row, column.name)) throw new Error('a row must have the column ' + JSON.stringify(column.name) + '; it may be null');
    const value = row[column.name];
    const missing = value === null || value === undefined || value === '' || Number.isNaN(value);
    if (column.as === 'categories') {
      const place = missing ? -1 : column.categories.indexOf(String(value));
      column.categories.forEach((_, at) => inputs.push(at === place ? 1 : 0));
      if (column.other) inputs.push(!missing && place < 0 ? 1 : 0);
    } else if (column.as === 'answer') {
      inputs.push(missing ? column.mostFrequent : answered(column, value));
    }${
      dates
        ? ` else if (column.as === 'date') {
      const day = missing ? NaN : dayOf(column, value);
      for (const { part, mean, standardDeviation } of column.parts)
        inputs.push(missing ? 0 : (partOf(day, part) - mean) / standardDeviation);
    }`
        : ''
    } else {
      const number = missing ? column.median : numberOf(column, value);
      inputs.push(Math.max(-1e6, Math.min(1e6, (number - column.mean) / column.standardDeviation)));
    }
    if (column.missingInput) inputs.push(missing ? 1 : 0);
  }
  const outputs = predict(inputs);
${
  target.task === 'classification'
    ? `  const classes = ${JSON.stringify(target.classes)};
  let best = 0;
  for (let at = 1; at < classes.length; at++) if (outputs[at] > outputs[best]) best = at;
  return { answer: classes[best], probabilities: Object.fromEntries(classes.map((name, at) => [name, outputs[at]])) };`
    : `  return ${target.mean} + ${target.standardDeviation} * outputs[0];`
}
}

function numberOf(column, value) {
  const number = Number(value);
  if (Number.isNaN(number)) throw new Error(column.name + ' must be a number or null, got ' + JSON.stringify(value));
  return number;
}

function answered(column, value) {
  if (value === true || value === 1 || (column.yes ?? []).includes(value)) return 1;
  if (value === false || value === 0 || (column.no ?? []).includes(value)) return 0;
  throw new Error(column.name + ' must be true, false or null, got ' + JSON.stringify(value));
}
${dates ? dateReader : ''}`
}

const isDate = ({ encoding }: InputColumn) => encoding.as === 'date'

const dateReader = `
/** Days since 1970-01-01. */
function dayOf(column, value) {
  const time = value instanceof Date ? value.getTime() : Date.parse(/^\\d{4}-\\d\\d?-\\d\\d?([T ][\\d:.]+)?$/.test(value) ? value.replace(' ', 'T') + (/[T ]/.test(value) ? 'Z' : '') : value);
  if (Number.isNaN(time)) throw new Error(column.name + ' must be a Date, a date such as 2024-02-29, or null, got ' + JSON.stringify(value));
  return time / 86400000;
}

function partOf(day, part) {
  const date = new Date(Math.floor(day) * 86400000);
  switch (part) {
    case 'year': return date.getUTCFullYear();
    case 'month': return date.getUTCMonth() + 1;
    case 'day': return date.getUTCDate();
    case 'day of week': return ((date.getUTCDay() + 6) % 7) + 1;
    default: return (day - Math.floor(day)) * 24;
  }
}
`
