// Saves a view as SVG, PNG, CSV or one HTML file, and shows it as a table.
import { h } from './elements.js';

/** A table of `{ header, rows, note }`. */
export function tableOf({ header, rows, note }) {
  const isText = i => rows.some(row => typeof row[i] === 'string');
  return h('div', {}, note ? h('p', { class: 'note' }, note) : null, h('table', {},
    h('thead', {}, h('tr', {}, header.map((name, i) => h('th', { scope: 'col', class: isText(i) ? 'text' : '' }, name)))),
    h('tbody', {}, rows.map(row => h('tr', {}, row.map(cell => typeof cell === 'string' ? h('td', { class: 'text' }, cell)
      : h('td', {}, Number.isInteger(cell) ? String(cell) : cell === null ? '' : cell.toFixed(4))))))));
}

function csv({ header, rows }) {
  // A cell that begins like a formula would be one in a spreadsheet.
  const cell = value => typeof value === 'string' ? `"${(/^[=+\-@\t\r]/.test(value) ? "'" : '') + value.replaceAll('"', '""')}"` : value ?? '';
  return [header, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

const text = svg => '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(svg);

async function png(svg) {
  const image = new Image(), url = URL.createObjectURL(new Blob([text(svg)], { type: 'image/svg+xml' }));
  try {
    await new Promise((done, failed) => { image.onload = done; image.onerror = () => failed(new Error('The browser could not draw the picture: save it as SVG instead.')); image.src = url; });
    const width = Number(svg.getAttribute('width')), height = Number(svg.getAttribute('height'));
    const scale = Math.min(2, 8000 / width, 8000 / height), canvas = document.createElement('canvas');
    canvas.width = Math.ceil(width * scale); canvas.height = Math.ceil(height * scale);
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise(done => canvas.toBlob(done, 'image/png'));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function html(view, svg, data, app) {
  // Put together as text: the page's own policy allows no inline style, not even in a page that is only being made.
  const style = 'body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem;color:#17202a;background:#fff}h1,p{overflow-wrap:anywhere}svg{max-width:100%;height:auto}table{border-collapse:collapse;font-size:.85rem}td,th{border-bottom:1px solid #d6dce3;padding:.2rem .6rem;text-align:right}.text{text-align:left}.note{color:#566370}';
  const body = h('body', {}, h('h1', {}, view.name), h('p', {}, view.explain), h('p', {}, h('b', {}, 'Text: '), app.state.text), h('p', {}, h('b', {}, 'Model: '), app.state.model), svg, h('h2', {}, 'The numbers'), tableOf(data),
    h('p', { class: 'note' }, 'Attention is not by itself an explanation of what the model answers. Made by Heed.'));
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"><title>Heed · ${view.name}</title><style>${style}</style></head>${body.outerHTML}</html>\n`;
}

function save(blob, name) {
  const link = h('a', { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Saves what a view shows. */
export async function exportAs(form, view, shown, app) {
  if (!shown) return;
  const name = `heed-${view.id}.${form}`;
  if (form === 'csv') return save(new Blob(['\ufeff' + csv(await shown.table(true))], { type: 'text/csv;charset=utf-8' }), name);
  const svg = await shown.picture(app.palette(true));
  if (form === 'svg') return save(new Blob([text(svg)], { type: 'image/svg+xml' }), name);
  if (form === 'png') return save(await png(svg), name);
  return save(new Blob([html(view, svg, await shown.table(), app)], { type: 'text/html;charset=utf-8' }), name);
}
