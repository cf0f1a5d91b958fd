// A matrix of weights on a canvas that behaves as a grid: arrow keys move, Enter locks a row.
import { h, inkOn, picture, ramp, s, short, widthOf } from './elements.js';
import { paint } from './grid.js';

/** Weights up to which cells carry their names along the edges. */
const NAMED = 56;

const sizes = (rows, columns, rowNames, room = 720) => {
  const many = Math.max(rows, columns), named = many <= NAMED;
  const cell = named ? Math.max(16, Math.min(34, Math.floor(620 / many))) : Math.max(1, Math.floor(room / many));
  const left = named ? Math.min(120, Math.max(30, ...rowNames.map(widthOf))) + 12 : 26;
  return { cell, named, left, top: named ? 92 : 26 };
};

export class Matrix {
  /** @param choose hears the row and column that are chosen */
  constructor(root, label, choose, app, room) {
    this.room = room;
    this.app = app;
    this.choose = choose;
    this.locked = false;
    this.cellElement = h('div', { role: 'gridcell', id: 'matrix-cell', class: 'hidden' });
    this.rowElement = h('div', { role: 'row', class: 'hidden' }, this.cellElement);
    this.base = h('canvas', { 'aria-hidden': 'true' });
    this.over = h('canvas', { class: 'over', 'aria-hidden': 'true' });
    this.element = h('div', { class: 'matrix', role: 'grid', tabindex: 0, 'aria-label': label, 'aria-activedescendant': 'matrix-cell', 'aria-readonly': 'true' }, this.base, this.over, this.rowElement);
    root.append(h('div', { class: 'scroll' }, this.element));
    this.element.addEventListener('pointermove', event => { if (!this.locked) this.point(event); });
    this.element.addEventListener('click', event => { this.locked = false; this.point(event); this.locked = true; });
    this.element.addEventListener('keydown', event => this.key(event));
  }

  /** @param bytes round(255·√w), packed by rows */
  show(rows, columns, bytes, label) {
    Object.assign(this, { rows, columns, bytes, ...sizes(rows.length, columns.length, rows, this.room) });
    this.element.setAttribute('aria-label', label);
    this.element.setAttribute('aria-rowcount', rows.length);
    this.element.setAttribute('aria-colcount', columns.length);
    const palette = this.app.palette(), width = this.left + columns.length * this.cell + 2, height = this.top + rows.length * this.cell + 2, ratio = devicePixelRatio || 1;
    for (const canvas of [this.base, this.over]) {
      canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`; canvas.style.height = `${height}px`;
    }
    const context = this.base.getContext('2d'), small = document.createElement('canvas');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    paint(small, bytes, 0, columns.length, rows.length, palette);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, this.left, this.top, columns.length * this.cell, rows.length * this.cell);
    context.strokeStyle = palette.line;
    context.strokeRect(this.left - 0.5, this.top - 0.5, columns.length * this.cell + 1, rows.length * this.cell + 1);
    context.font = '12px system-ui, sans-serif';
    context.fillStyle = palette.ink;
    if (this.named) this.names(context); else this.rulers(context, palette);
    this.mark(this.row ?? 0, this.column ?? 0);
  }

  names(context) {
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    this.rows.forEach((name, t) => context.fillText(short(name, 120), this.left - 7, this.top + (t + 0.5) * this.cell));
    context.textAlign = 'left';
    this.columns.forEach((name, i) => {
      context.save();
      context.translate(this.left + (i + 0.5) * this.cell, this.top - 7);
      context.rotate(-Math.PI / 3);
      context.fillText(short(name, 92), 0, 0);
      context.restore();
    });
  }

  rulers(context, palette) {
    context.fillStyle = palette.faint;
    context.font = '10px system-ui, sans-serif';
    const step = this.rows.length > 200 ? 100 : 20;
    context.textBaseline = 'middle';
    for (let i = 0; i < Math.max(this.rows.length, this.columns.length); i += step) {
      context.textAlign = 'center';
      if (i < this.columns.length) context.fillText(String(i), this.left + (i + 0.5) * this.cell, this.top - 10);
      context.textAlign = 'right';
      if (i < this.rows.length) context.fillText(String(i), this.left - 5, this.top + (i + 0.5) * this.cell);
    }
  }

  /** Shows which cell is chosen. */
  mark(row, column) {
    this.row = Math.max(0, Math.min(this.rows.length - 1, row));
    this.column = Math.max(0, Math.min(this.columns.length - 1, column));
    const ratio = devicePixelRatio || 1, context = this.over.getContext('2d'), { left, top, cell } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.over.width, this.over.height);
    const palette = this.palette ??= this.app.palette();
    context.strokeStyle = palette.hue;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, top + this.row * cell - 0.5, this.columns.length * cell + 1, cell + 1);
    context.strokeRect(left + this.column * cell - 0.5, top - 0.5, cell + 1, this.rows.length * cell + 1);
    context.lineWidth = 3;
    context.strokeStyle = palette.ink;
    const side = Math.max(7, cell), extra = (side - cell) / 2;
    context.strokeRect(left + this.column * cell - extra, top + this.row * cell - extra, side, side);
    this.rowElement.setAttribute('aria-rowindex', this.row + 1);
    this.cellElement.setAttribute('aria-colindex', this.column + 1);
    this.cellElement.textContent = `${this.rows[this.row]} looks at ${this.columns[this.column]}: about ${this.weight(this.row, this.column).toFixed(3)}`;
  }

  weight(row, column) { return (this.bytes[row * this.columns.length + column] / 255) ** 2; }

  point(event) {
    const box = this.base.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top - this.top) / this.cell), column = Math.floor((event.clientX - box.left - this.left) / this.cell);
    if (row < 0 || column < 0 || row >= this.rows.length || column >= this.columns.length || (row === this.row && column === this.column)) return;
    this.mark(row, column);
    this.choose(row, column);
  }

  key(event) {
    const far = 10, last = this.columns.length - 1;
    const to = { ArrowUp: [this.row - 1, this.column], ArrowDown: [this.row + 1, this.column], ArrowLeft: [this.row, this.column - 1], ArrowRight: [this.row, this.column + 1],
      Home: [event.ctrlKey ? 0 : this.row, 0], End: [event.ctrlKey ? this.rows.length - 1 : this.row, last], PageUp: [this.row - far, this.column], PageDown: [this.row + far, this.column] }[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.locked = !this.locked;
    else if (!to) return;
    else { this.mark(...to); this.choose(this.row, this.column); this.app.say(this.cellElement.textContent); }
    event.preventDefault();
  }
}

/** The same as a picture to keep. */
export function matrixPicture(title, rows, columns, bytes, palette) {
  const { cell, named, left, top } = sizes(rows.length, columns.length, rows), head = top + 26;
  const parts = [s('text', { x: 10, y: 20, fill: palette.ink, 'font-weight': 600 }, title)];
  if (named) {
    for (let t = 0; t < rows.length; t++) {
      for (let i = 0; i < columns.length; i++) {
        const share = bytes[t * columns.length + i] / 255;
        parts.push(s('rect', { x: left + i * cell, y: head + t * cell, width: cell, height: cell, fill: ramp(palette, share) },
          s('title', {}, `${rows[t]} → ${columns[i]}: ${(share ** 2).toFixed(3)}`)));
        if (cell >= 28 && share > 0.3) parts.push(s('text', { x: left + (i + 0.5) * cell, y: head + (t + 0.5) * cell + 4, 'text-anchor': 'middle', fill: inkOn(palette, share), 'font-size': 10 }, (share ** 2).toFixed(2).replace(/^0/, '')));
      }
      parts.push(s('text', { x: left - 7, y: head + (t + 0.5) * cell + 4, 'text-anchor': 'end', fill: palette.ink }, short(rows[t], 120)));
    }
    columns.forEach((name, i) => parts.push(s('text', { x: 0, y: 0, fill: palette.ink, transform: `translate(${left + (i + 0.5) * cell + 4} ${head - 7}) rotate(-60)` }, short(name, 92))));
  } else {
    const canvas = document.createElement('canvas');
    paint(canvas, bytes, 0, columns.length, rows.length, palette);
    parts.push(s('image', { x: left, y: head, width: columns.length * cell, height: rows.length * cell, href: canvas.toDataURL(), 'image-rendering': 'pixelated', preserveAspectRatio: 'none' }));
  }
  parts.push(s('rect', { x: left - 0.5, y: head - 0.5, width: columns.length * cell + 1, height: rows.length * cell + 1, fill: 'none', stroke: palette.line }));
  return picture(left + columns.length * cell + 60, head + rows.length * cell + 14, title, palette, parts);
}
