import { h, number, percent, picture, s, short, whole } from './elements.js';
import * as server from './server.js';

const MOST = 24;
const COLUMNS = [
  [0, 118, 'token', 'the key'],
  [126, 150, 'its vector k', ''],
  [284, 66, 'q · k', 'product'],
  [356, 66, 'cosine', 'to compare'],
  [428, 66, 'scaled', ''],
  [514, 66, 'mask', ''],
  [594, 150, 'weight', 'softmax over the keys'],
  [770, 40, '‖v‖', 'value’s length'],
  [830, 150, 'part', 'weight × ‖v‖, of all'],
];

async function load(app) {
  const { state } = app, shape = { run: app.run.run, kind: app.attention().kind, layer: state.layer, head: state.head, query: state.query };
  const bytes = await app.once('anatomy' + Object.values(shape), () => server.buffer('anatomy', shape));
  const [count, width, valueWidth] = new Int32Array(bytes, 0, 3), all = new Float32Array(bytes, 12);
  let at = 1;
  const take = size => all.subarray(at, at += size), query = take(width), mixed = take(valueWidth), keys = [];
  for (let i = 0; i < count; i++) { const [product, cosine, bias, seen, weight, length, share] = take(7); keys.push({ place: i, product, cosine, bias, seen: seen > 0, weight, length, share }); }
  for (const key of keys) key.vector = take(width);
  return { scale: all[0], query, mixed, keys };
}

/** A vector as bars up and down. */
function vector(values, x, y, width, height, palette, most) {
  const step = width / values.length, half = height / 2, top = most || Math.max(1e-9, ...values.map(Math.abs));
  return [s('line', { x1: x, y1: y + half, x2: x + width, y2: y + half, stroke: palette.line }),
    s('path', { fill: palette.hue, d: [...values].map((value, i) => { const size = half * Math.min(1, Math.abs(value) / top); return `M${(x + i * step).toFixed(1)} ${(y + half).toFixed(1)}v${(value > 0 ? -size : size).toFixed(1)}h${Math.max(0.6, step * 0.8).toFixed(1)}v${(value > 0 ? size : -size).toFixed(1)}z`; }).join('') })];
}

const name = (app, side, place) => app.textOf(side).tokens[place][2];

function draw(app, data, palette, choose) {
  const { state } = app, rows = visible(app, data), middle = y => y + 17, most = Math.max(...data.keys.filter(key => rows.includes(key)).flatMap(key => [...key.vector].map(Math.abs)), 1e-9);
  const asks = name(app, 'queries', state.query), parts = [], columns = COLUMNS.map(column => [...column]);
  columns[1][3] = `${data.query.length} numbers`;
  columns[4][3] = `× ${number(data.scale)}`;
  columns[5][3] = data.keys.some(key => key.bias) ? 'and distance' : 'may it look?';
  parts.push(s('text', { x: 12, y: 24, fill: palette.ink, 'font-weight': 600 }, `How the new vector of “${short(asks, 200)}” is made: layer ${state.layer}, head ${state.head}`));
  parts.push(s('text', { x: 118, y: 62, 'text-anchor': 'end', fill: palette.ink, 'font-weight': 600 }, short(asks, 110)), ...vector(data.query, 126, 42, 150, 34, palette),
    s('text', { x: 286, y: 58, fill: palette.ink, 'font-weight': 600 }, 'the query q'), s('text', { x: 286, y: 74, fill: palette.faint }, 'is compared with the key of every token:'));
  const top = 122;
  for (const [x, width, title, small] of columns) {
    const right = title === 'token', end = right || ['q · k', 'cosine', 'scaled', '‖v‖'].includes(title);
    parts.push(s('text', { x: end ? x + width : x, y: top - 18, 'text-anchor': end ? 'end' : 'start', fill: palette.ink, 'font-weight': 600 }, title), s('text', { x: end ? x + width : x, y: top - 4, 'text-anchor': end ? 'end' : 'start', fill: palette.faint, 'font-size': 10.5 }, small));
  }
  rows.forEach((key, i) => {
    const y = top + 4 + i * 27, on = key.place === state.key, ink = key.seen ? palette.ink : palette.faint;
    const row = s('g', choose ? { 'data-go': key.place, tabindex: on ? 0 : -1, role: 'button', 'aria-pressed': String(on), 'aria-label': `${name(app, 'keys', key.place)}: product ${number(key.product)}, weight ${percent(key.weight)}, part ${percent(key.share)}`, onclick: () => choose(key.place) } : {},
      s('rect', { x: 2, y: y - 1, width: 990, height: 26, rx: 5, fill: on ? palette.soft : palette.paper }),
      s('text', { x: 118, y: middle(y), 'text-anchor': 'end', fill: ink, 'font-weight': on ? 600 : 400 }, short(name(app, 'keys', key.place), 110)), vector(key.vector, 126, y + 1, 150, 22, palette, most),
      ...[[350, number(key.product)], [422, key.cosine.toFixed(2)], [494, number(key.product * data.scale)]].map(([x, text]) => s('text', { x, y: middle(y), 'text-anchor': 'end', fill: ink }, text)),
      s('text', { x: 514, y: middle(y), fill: palette.faint }, key.seen ? (key.bias ? (key.bias > 0 ? '+' : '') + number(key.bias) : '✓') : '− ∞'),
      s('rect', { x: 594, y: y + 5, width: 100, height: 14, rx: 3, fill: palette.soft, stroke: palette.line, 'stroke-width': 0.5 }), s('rect', { x: 594, y: y + 5, width: 100 * key.weight, height: 14, rx: 3, fill: palette.hue }), s('text', { x: 700, y: middle(y), fill: ink }, key.weight.toFixed(3)),
      s('text', { x: 810, y: middle(y), 'text-anchor': 'end', fill: ink }, number(key.length)),
      s('rect', { x: 830, y: y + 5, width: 100, height: 14, rx: 3, fill: palette.soft, stroke: palette.line, 'stroke-width': 0.5 }), s('rect', { x: 830, y: y + 5, width: 100 * key.share, height: 14, rx: 3, fill: palette.hue }), s('text', { x: 936, y: middle(y), fill: ink }, percent(key.share)));
    parts.push(row);
  });
  const end = top + 14 + rows.length * 27, sum = data.keys.reduce((all, key) => all + key.weight, 0);
  parts.push(s('line', { x1: 12, y1: end, x2: 990, y2: end, stroke: palette.line }), s('text', { x: 700, y: end + 22, fill: palette.ink, 'font-weight': 600 }, `Σ ${sum.toFixed(3)}`), s('text', { x: 936, y: end + 22, fill: palette.ink, 'font-weight': 600 }, 'Σ 100 %'),
    s('text', { x: 12, y: end + 22, fill: palette.ink, 'font-weight': 600 }, 'the new vector'), ...vector(data.mixed, 126, end + 4, 150, 34, palette), s('text', { x: 286, y: end + 22, fill: palette.faint }, 'the values, weighted and added'));
  return picture(996, end + 50, 'How attention makes a new vector', palette, parts);
}

const visible = (app, data) => data.keys.length <= MOST ? data.keys
  : data.keys.filter(key => key.place === app.state.key || data.keys.filter(other => other.share > key.share).length < MOST - 1);

function pair(app, data, palette) {
  const key = data.keys[app.state.key] ?? data.keys[0], products = [...data.query].map((value, i) => value * key.vector[i]), wide = 560;
  return picture(wide + 110, 150, 'The product of query and key, number by number', palette,
    ...[['q', data.query], ['k', key.vector], ['q × k', products]].flatMap(([title, values], i) => [s('text', { x: 60, y: 28 + i * 46, 'text-anchor': 'end', fill: palette.ink, 'font-weight': 600 }, title), ...vector(values, 70, 6 + i * 46, wide, 36, palette)]));
}

export default {
  id: 'anatomy', name: 'Anatomy', explain: 'Every step from one token’s query to its new vector, with this model’s own numbers: Figure 11.6 of the book.',
  selection: true,
  why(app) {
    const attention = app.attention(), width = app.run.vector.length, cross = attention.kind === 'cross_attentions';
    return { question: 'Why is the input passed three times?', answer: [
      cross ? 'In cross-attention it is not the same input: queries come from the translation, keys and values from the source. Otherwise all is as it is in self-attention.'
        : `Because each token plays three parts. Its ${whole(width)} numbers are multiplied by three matrices that were learned: one makes the query (what it looks for), one the key (what it can be found by), one the value (what it gives). attention(x, x, x) says that all three come from the same text. Here a head’s query and key have ${attention.headWidth} numbers each.`,
      'A row sums to 1 because the softmax runs over the keys of one query. One of the notes says that columns do: there the keys of a query stand below each other. In this page a query is always a row.',
      'Products are divided by the root of the width, lest the softmax of large products give all to one key. The cosine is the same product without the lengths; it is shown to compare, the model does not use it.'] };
  },

  show(root, app) {
    const { state } = app, sentence = h('p', { class: 'readout' }), holder = h('div', { class: 'scroll' }), below = h('div', {}), note = h('p', { class: 'note' });
    const query = h('select', { onchange: event => app.set({ query: Number(event.target.value) }) });
    root.append(h('div', { class: 'controls' }, h('label', { title: 'The token whose new vector is made' }, 'New vector of', query), note), sentence, holder, h('h3', {}, 'Query and key, number by number'), h('p', { class: 'note' }, 'The pair of the marked row: multiplied number by number and added up, this is q · k.'), h('div', { class: 'scroll' }, below));
    let data = null, at = '';
    const key = () => [app.run.run, app.attention().kind, state.layer, state.head, state.query].join();
    const update = async () => {
      const now = key(), loaded = await load(app);
      if (now !== key()) return;
      const focused = holder.contains(document.activeElement);
      data = loaded; at = now;
      if (state.key >= data.keys.length) state.key = 0;
      query.replaceChildren(...app.textOf('queries').tokens.map((token, i) => h('option', { value: i }, `${i}: ${short(token[2], 160)}`)));
      query.value = String(state.query);
      const best = [...data.keys].sort((a, b) => b.share - a.share), asks = name(app, 'queries', state.query), one = data.keys[state.key];
      const others = best.filter(item => item.share > 0.005).slice(0, 3).map(item => `${percent(item.share)} “${name(app, 'keys', item.place)}”`).join(', ');
      sentence.replaceChildren('In this head the new vector of “', h('b', { dir: 'auto' }, short(asks, 220)), `” is made of ${others || 'nothing: it may attend nowhere'}. `, ...(one ? [`Of “${short(name(app, 'keys', one.place), 200)}” it has `, h('b', { id: 'part' }, percent(one.share)), '.'] : []));
      note.textContent = data.keys.length > MOST ? `Showing the ${MOST} of ${whole(data.keys.length)} keys with the largest parts; the table has all.` : 'Click a row for its product, number by number. Arrow keys move.';
      holder.replaceChildren(draw(app, data, app.palette(), place => app.set({ key: place })));
      below.replaceChildren(pair(app, data, app.palette()));
      if (focused) holder.querySelector('[aria-pressed=true]')?.focus();
    };
    holder.onkeydown = event => {
      const rows = visible(app, data), place = rows.findIndex(item => item.place === state.key), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      const to = step ? rows[place + step] : event.key === 'Home' ? rows[0] : event.key === 'End' ? rows.at(-1) : null;
      if (!to) return;
      event.preventDefault();
      app.set({ key: to.place });
      app.say(`${name(app, 'keys', to.place)}: product ${number(to.product)}, weight ${percent(to.weight)}, part ${percent(to.share)}.`);
    };
    return {
      ready: update(), update,
      async table() {
        if (at !== key()) data = await load(app);
        return { header: ['key', 'token', 'q·k', 'cosine', 'scaled', 'bias', 'may look', 'weight', 'length of value', 'part'],
          rows: data.keys.map(one => [one.place, name(app, 'keys', one.place), one.product, one.cosine, one.product * data.scale, one.bias, one.seen ? 'yes' : 'no', one.weight, one.length, one.share]), note: `Query: “${name(app, 'queries', state.query)}”. Scale: ${data.scale.toFixed(6)}.` };
      },
      picture: palette => draw(app, data, palette),
    };
  },
};
