import { h, picture, s } from './elements.js';
import { paint } from './grid.js';
import { Matrix } from './matrix.js';
import * as server from './server.js';

const WAYS = [
  'A learned vector for each position is added to the token’s vector.',
  'Waves of many lengths are added to the token’s vector: fast ones on one side, slow ones on the other.',
  'Queries and keys are turned by an angle that grows with the position (rotary): a product then depends on the distance alone. Left half: cosines, right half: sines.',
  'The model knows no positions: to each score it adds a learned number for the distance, one for each head. A row is a range of distances.',
  'This model adds nothing for positions.',
];

export default {
  id: 'positions', name: 'Positions', explain: 'How the model knows where a token stands: the encoding of each position, and how alike positions are.',
  selection: false,
  why: () => ({ question: 'Why does it need positions?', answer: ['Attention itself does not see order: it compares each pair of tokens, wherever they stand. “The train left the station” and “the station left the train” would be the same to it. So each token is told its place.'] }),

  show(root, app) {
    const map = h('canvas', { role: 'img', 'aria-label': 'Positions (rows) by dimensions (columns)' }), note = h('p', { class: 'note' }), about = h('p', { class: 'readout' }), right = h('div', {});
    map.style.imageRendering = 'pixelated';
    root.append(note, h('div', { class: 'columns' }, h('section', {}, h('h3', {}, 'Position (down) by dimension (across)'), h('div', { class: 'scroll' }, map)), h('section', {}, h('h3', {}, 'How alike two positions are'), right, about)));
    let data = null, alike = null;
    const grid = new Matrix(right, 'Likeness of positions', (t, i) => { about.textContent = `Position ${t} and ${i}: cosine ${alike.values[t * alike.n + i].toFixed(3)}`; }, app, 400);
    const load = async () => {
      const bytes = await app.once('positions', () => server.buffer('positions', { model: app.state.model })), [way, rows, columns] = new Int32Array(bytes, 0, 3), values = new Float32Array(bytes, 12);
      data = { way, rows, columns, values };
      note.textContent = WAYS[way] + (way === 4 ? '' : ` Here: ${rows} ${way === 3 ? 'ranges of distances' : 'positions'} of ${columns} ${way === 3 ? 'heads' : 'numbers'}.`);
      if (way === 4) { root.replaceChildren(h('p', { class: 'empty' }, WAYS[4])); return; }
      let low = Infinity, high = -Infinity;
      for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
      // A few large numbers would leave all others pale.
      const sorted = [...values].sort((a, b) => a - b); low = sorted[Math.floor(sorted.length * 0.01)]; high = sorted[Math.floor(sorted.length * 0.99)];
      data.bytes = Uint8Array.from(values, value => 255 * Math.max(0, Math.min(1, (value - low) / (high - low || 1))));
      paint(map, data.bytes, 0, columns, rows, app.palette());
      map.style.width = `${Math.max(260, Math.min(460, columns * 4))}px`; map.style.height = `${rows * 3}px`;
      const length = t => Math.hypot(...values.subarray(t * columns, (t + 1) * columns)), lengths = [...Array(rows).keys()].map(length), cosines = new Float32Array(rows * rows);
      for (let t = 0; t < rows; t++) for (let i = 0; i < rows; i++) { let dot = 0; for (let d = 0; d < columns; d++) dot += values[t * columns + d] * values[i * columns + d]; cosines[t * rows + i] = dot / (lengths[t] * lengths[i] || 1); }
      alike = { n: rows, values: cosines, bytes: Uint8Array.from(cosines, value => 255 * Math.max(0, value)), names: [...Array(rows).keys()].map(String) };
      grid.row = Math.min(10, rows - 1); grid.column = Math.min(12, rows - 1);
      grid.show(alike.names, alike.names, alike.bytes, 'Likeness of positions');
      grid.choose(grid.row, grid.column);
    };
    return { ready: load(), update() {},
      table: () => ({ header: ['position', 'position', 'cosine'], rows: !alike ? [] : [...alike.values.keys()].filter(i => i % alike.n <= Math.floor(i / alike.n)).map(i => [Math.floor(i / alike.n), i % alike.n, alike.values[i]]) }),
      picture(palette) {
        const canvas = document.createElement('canvas'), { rows, columns } = data, width = Math.max(260, Math.min(560, columns * 4));
        paint(canvas, data.bytes, 0, columns, rows, palette);
        const left = s('image', { x: 40, y: 40, width, height: rows * 4, href: canvas.toDataURL(), preserveAspectRatio: 'none', 'image-rendering': 'pixelated' }), second = document.createElement('canvas');
        paint(second, alike.bytes, 0, rows, rows, palette);
        return picture(width + rows * 4 + 120, rows * 4 + 60, 'Positions', palette, s('text', { x: 40, y: 26, fill: palette.ink, 'font-weight': 600 }, 'Position by dimension'), left, s('text', { x: width + 80, y: 26, fill: palette.ink, 'font-weight': 600 }, 'Cosine between positions'), s('image', { x: width + 80, y: 40, width: rows * 4, height: rows * 4, href: second.toDataURL(), 'image-rendering': 'pixelated' }));
      } };
  },
};
