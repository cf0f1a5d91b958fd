import { h, number, percent, picture, s } from './elements.js';
import * as server from './server.js';

const FIGURES = ['entropy', 'distance', 'special', 'first', 'previous', 'next', 'same'];
const ORDERS = [
  ['place', 'layer and head', 'As the model has them: a row for each layer'],
  ['entropy', 'sharpest first', 'Entropy: heads that look at one token come first'],
  ['distance', 'farthest first', 'How many tokens away a head looks in the mean'],
  ['special', 'share on special tokens', 'Heads that rest on tokens such as [CLS] and [SEP]'],
  ['first', 'share on the first token', 'Heads that rest on the first token'],
  ['previous', 'role: previous token', 'Share on the token before, measured on 24 English sentences'],
  ['next', 'role: next token', 'Share on the token after, measured on 24 English sentences'],
  ['same', 'role: same word', 'Share on the same token, itself included, measured on 24 English sentences'],
  ['separator', 'role: separator', 'Share on special tokens, measured on 24 English sentences'],
];
const ROLES = { previous: 4, next: 5, same: 6, separator: 2 };
const SIDE = 58;

/** The figures of all heads: of this text, or as roles on real text. */
export async function figures(app, roles) {
  const kind = app.attention().kind;
  return roles ? app.once(`roles ${kind}`, async () => (await server.post('roles', { model: app.state.model, kind })).heads)
    : app.once(`figures ${kind}`, async () => (await server.json('figures', { run: app.run.run, kind })).heads);
}

/** Draws bytes (√ of the weights) into a canvas of as many pixels. */
export function paint(canvas, bytes, from, columns, rows, palette) {
  canvas.width = columns; canvas.height = rows;
  const context = canvas.getContext('2d'), image = context.createImageData(columns, rows), data = image.data;
  const [r, g, b] = palette.rgb, [pr, pg, pb] = palette.paperRgb;
  for (let i = 0; i < rows * columns; i++) {
    const x = bytes[from + i] / 255, at = 4 * i;
    data[at] = pr + (r - pr) * x; data[at + 1] = pg + (g - pg) * x; data[at + 2] = pb + (b - pb) * x; data[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

export default {
  id: 'grid', name: 'Grid', explain: 'All heads at once: in each small picture a row is a token that looks, a column a token it looks at, darker is more.',
  selection: true,
  why(app) {
    const { layers, heads, headWidth } = app.attention();
    return { question: 'What are the heads?', answer: [`Each layer has ${heads} heads. A head is attention of its own, with vectors of ${headWidth} numbers: it asks one kind of question of the text. Here are ${layers} × ${heads} = ${layers * heads} of them. Sort by a role to see which look at the token before, at the next one, or at nothing in particular.`,
      'Many heads look at [CLS], [SEP] or the first token when they have nothing to do; the model shows that, and it is no mistake. What happens when one is cut: view Ablation.'] };
  },

  show(root, app) {
    const holder = h('div', { class: 'heads', role: 'group', 'aria-label': 'Heads' }), note = h('p', { class: 'note' });
    const order = h('select', { id: 'order', onchange: event => app.set({ sort: event.target.value }) }, ORDERS.map(([id, name, why]) => h('option', { value: id, title: why }, name)));
    root.append(h('div', { class: 'controls' }, h('label', { title: 'In which order the heads stand' }, 'Sorted by', order), note), h('div', { class: 'scroll' }, holder));
    let buttons = [], drawn = '';
    const sorted = async () => {
      const { layers, heads } = app.attention(), sort = app.state.sort, all = [...Array(layers * heads).keys()];
      if (sort === 'place') return { all, value: null };
      const role = sort in ROLES, values = await figures(app, role), at = role ? ROLES[sort] : FIGURES.indexOf(sort), up = sort === 'entropy';
      return { all: all.sort((a, b) => up ? values[a][at] - values[b][at] : values[b][at] - values[a][at]), value: place => values[place][at] };
    };
    const draw = async () => {
      const attention = app.attention(), { layers, heads } = attention, palette = app.palette();
      const [bytes, { all, value }] = await Promise.all([app.thumbnails(), sorted()]);
      if (attention !== app.attention()) return;
      const rows = Math.min(64, app.units('queries').length), columns = Math.min(64, app.units('keys').length), byPlace = app.state.sort === 'place';
      order.value = app.state.sort;
      note.textContent = ORDERS.find(one => one[0] === app.state.sort)[2] + '.';
      holder.style.gridTemplateColumns = byPlace ? `max-content repeat(${heads}, max-content)` : `repeat(auto-fill, ${SIDE + 8}px)`;
      holder.style.width = byPlace ? 'max-content' : '100%';
      buttons = [];
      holder.replaceChildren(...all.flatMap((place, i) => {
        const layer = Math.floor(place / heads), head = place % heads, canvas = h('canvas', { 'aria-hidden': 'true' });
        paint(canvas, bytes, place * rows * columns, columns, rows, palette);
        const shown = value ? (['entropy', 'distance'].includes(app.state.sort) ? number(value(place)) : percent(value(place))) : '';
        const button = h('button', { type: 'button', 'data-place': place, 'aria-label': `Layer ${layer}, head ${head}${shown ? `: ${shown}` : ''}`, title: `Layer ${layer}, head ${head}`,
          onclick: () => app.state.layer === layer && app.state.head === head ? app.set({ view: 'head' }) : app.set({ layer, head }), ondblclick: () => app.set({ view: 'head' }) }, canvas,
        byPlace ? null : h('small', {}, `${layer}·${head}`), byPlace ? null : h('small', {}, shown));
        buttons.push(button);
        return byPlace && i % heads === 0 ? [h('span', { class: 'row-name' }, `Layer ${layer}`), button] : [button];
      }));
      mark();
      drawn = key();
      root.dataset.drawn = `grid ${drawn}`;
    };
    const key = () => [app.run.run, app.attention().kind, app.state.sort, app.state.words, app.state.special].join();
    const mark = () => {
      const place = app.state.layer * app.attention().heads + app.state.head;
      buttons.forEach(button => { const on = Number(button.dataset.place) === place; button.setAttribute('aria-pressed', String(on)); button.tabIndex = on ? 0 : -1; });
    };
    holder.onkeydown = event => {
      const across = app.state.sort === 'place' ? app.attention().heads : Math.max(1, Math.round(holder.clientWidth / (SIDE + 14)));
      const at = buttons.indexOf(document.activeElement), step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
      const to = step ? at + step : event.key === 'Home' ? 0 : event.key === 'End' ? buttons.length - 1 : -1;
      if (at < 0 || !buttons[to]) return;
      event.preventDefault();
      const place = Number(buttons[to].dataset.place), heads = app.attention().heads;
      app.set({ layer: Math.floor(place / heads), head: place % heads });
      buttons[to].focus();
      app.say(buttons[to].getAttribute('aria-label'));
    };
    return {
      ready: draw(),
      update: () => key() === drawn ? mark() : draw(),
      async table() {
        const { heads } = app.attention(), [own, roles] = await Promise.all([figures(app, false), figures(app, true)]);
        return { header: ['layer', 'head', 'entropy (nats)', 'distance', 'special', 'first', 'role: previous', 'role: next', 'role: same word', 'role: separator'],
          rows: own.map((row, i) => [Math.floor(i / heads), i % heads, row[0], row[1], row[2], row[3], roles[i][4], roles[i][5], roles[i][6], roles[i][2]]),
          note: 'Entropy to first: of this text. Roles: shares measured on 24 English sentences.' };
      },
      async picture(palette) {
        const { heads } = app.attention(), [bytes, { all }] = await Promise.all([app.thumbnails(), sorted()]);
        const rows = Math.min(64, app.units('queries').length), columns = Math.min(64, app.units('keys').length), canvas = document.createElement('canvas'), step = SIDE + 18;
        return picture(heads * step + 30, Math.ceil(all.length / heads) * (step + 6) + 44, 'Attention heads', palette, s('text', { x: 12, y: 24, fill: palette.ink, 'font-weight': 600 }, `All heads, by ${ORDERS.find(one => one[0] === app.state.sort)[1]} (${app.state.model})`),
          all.map((place, i) => {
            paint(canvas, bytes, place * rows * columns, columns, rows, palette);
            const x = 14 + (i % heads) * step, y = 40 + Math.floor(i / heads) * (step + 6);
            return [s('image', { x, y, width: SIDE, height: SIDE, href: canvas.toDataURL(), preserveAspectRatio: 'none', 'image-rendering': 'pixelated' }), s('rect', { x, y, width: SIDE, height: SIDE, fill: 'none', stroke: palette.line }),
              s('text', { x: x + SIDE / 2, y: y + SIDE + 14, 'text-anchor': 'middle', fill: palette.faint }, `${Math.floor(place / heads)}·${place % heads}`)];
          }));
      },
    };
  },
};
