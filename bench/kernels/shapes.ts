/** Asks objects of six classes for their area and moves them: virtual calls, n turns over 600 objects. */
abstract class Shape {
  constructor(public size: f64) {}
  abstract area(): f64;
  move(by: f64): void {
    this.size += by;
  }
}
class Square extends Shape {
  area(): f64 {
    return this.size * this.size;
  }
}
class Circle extends Shape {
  area(): f64 {
    return this.size * this.size * 3.141592653589793;
  }
  move(by: f64): void {
    this.size -= by;
  }
}
class Triangle extends Shape {
  area(): f64 {
    return this.size * this.size * 0.4330127018922193;
  }
}
class Hexagon extends Shape {
  area(): f64 {
    return this.size * this.size * 2.598076211353316;
  }
  move(by: f64): void {
    this.size = this.size * (1 + by);
  }
}
class Line extends Shape {
  area(): f64 {
    return 0;
  }
}
class Ring extends Circle {
  area(): f64 {
    return super.area() - (super.area() * 3) / 4;
  }
}

function make(i: i32): Shape {
  switch (i % 6) {
    case 0:
      return new Square(i);
    case 1:
      return new Circle(i);
    case 2:
      return new Triangle(i);
    case 3:
      return new Hexagon(i);
    case 4:
      return new Line(i);
    default:
      return new Ring(i);
  }
}

const SHAPES = new StaticArray<Shape>(600);
for (let i = 0; i < 600; i++) SHAPES[i] = make((i * 7) % 31);

export function run(n: i32): i32 {
  for (let i = 0; i < 600; i++) SHAPES[i].size = (i * 7) % 31;
  let sum: f64 = 0;
  for (let turn = 0; turn < n; turn++) {
    for (let i = 0; i < 600; i++) {
      const shape = SHAPES[i];
      shape.move(0.001);
      sum += shape.area();
    }
  }
  return <i32>(sum % 1e9);
}
