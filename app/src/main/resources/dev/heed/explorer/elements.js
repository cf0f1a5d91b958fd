// Small makers of elements. Text always goes in as text, never as markup.
const SVG = 'http://www.w3.org/2000/svg';

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.setAttribute('class', value);
    else if (name === 'value' || name === 'checked') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element. */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);

/** An SVG element. */
export const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

export const byId = id => document.getElementById(id);

/** A whole picture; one whose parts can be chosen is a group of them. */
export function picture(width, height, title, palette, ...children) {
  const svg = s('svg', { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': title, 'font-family': 'system-ui, "Segoe UI", "Noto Sans", sans-serif', 'font-size': 12 },
    s('title', {}, title),
    s('rect', { width, height, fill: palette.paper }),
    children);
  if (svg.querySelector('[tabindex]')) svg.setAttribute('role', 'group');
  return svg;
}

const shorten = document.createElement('canvas').getContext('2d');
shorten.font = '12px system-ui, sans-serif';

/** The beginning of a text that is no wider than so many pixels. */
export function short(text, pixels) {
  if (shorten.measureText(text).width <= pixels) return text;
  const letters = [...text];
  let low = 0, high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (shorten.measureText(letters.slice(0, middle).join('') + '…').width <= pixels) low = middle; else high = middle - 1;
  }
  return letters.slice(0, low).join('') + '…';
}

export const widthOf = text => shorten.measureText(text).width;
export const percent = value => (100 * value).toFixed(value >= 0.0995 ? 1 : 2) + ' %';
export const number = value => Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : Math.abs(value) >= 100 ? value.toFixed(1) : value.toFixed(3);
export const whole = value => value.toLocaleString('en');

/** One hue from nothing (the paper) to all. */
export function ramp(palette, share) {
  const x = Math.max(0, Math.min(1, share));
  return `rgb(${palette.rgb.map((to, i) => Math.round(palette.paperRgb[i] + (to - palette.paperRgb[i]) * x)).join(',')})`;
}

/** Ink that can be read on a cell of the ramp. */
export function inkOn(palette, share) {
  return share > 0.55 ? palette.paper : palette.ink;
}

/** Choices of which one is in force. */
export function choice(label, options, current, choose) {
  const buttons = options.map(([id, name, explanation]) =>
    h('button', { type: 'button', title: explanation, 'aria-pressed': String(id === current), onclick: () => { pick(id); choose(id); } }, name));
  function pick(id) { buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(options[i][0] === id))); }
  const group = h('span', { class: 'choice', role: 'group', 'aria-label': label }, buttons);
  group.pick = pick;
  return group;
}

/** Names, bars and numbers. @param top what a full bar stands for */
export function bars(rows, top = 1) {
  return h('div', { class: 'bars', role: 'list' }, rows.map(({ name, share, note, off }) => {
    const inner = h('i', {});
    inner.style.width = `${100 * Math.max(0, Math.min(1, share / top))}%`;
    return [h('span', { class: off ? 'off' : '', role: 'listitem' }, name),
      h('span', { class: 'bar' + (off ? ' off' : ''), 'aria-hidden': 'true' }, inner), h('span', { class: off ? 'off' : '' }, note)];
  }));
}

/** The same as a picture. */
export function barsPicture(title, rows, palette, top = 1) {
  const left = Math.min(260, Math.max(40, ...rows.map(row => widthOf(row.name)))) + 16, height = 44 + rows.length * 22;
  return picture(left + 420, height, title, palette, s('text', { x: 10, y: 22, fill: palette.ink, 'font-weight': 600 }, title),
    rows.map((row, i) => {
      const y = 36 + 22 * i;
      return [s('text', { x: left - 8, y: y + 13, 'text-anchor': 'end', fill: palette.ink }, short(row.name, 250)),
        s('rect', { x: left, y: y + 2, width: 320, height: 14, rx: 3, fill: palette.soft }),
        s('rect', { x: left, y: y + 2, width: Math.max(0, 320 * Math.min(1, row.share / top)), height: 14, rx: 3, fill: palette.hue, opacity: row.off ? 0.35 : 1 }),
        s('text', { x: left + 328, y: y + 13, fill: palette.faint }, row.note)];
    }));
}
