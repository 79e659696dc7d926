/** Five bodies under gravity, n steps, as objects with fields. */
class Body {
  vx: f64 = 0;
  vy: f64 = 0;
  vz: f64 = 0;
  constructor(
    public x: f64,
    public y: f64,
    public z: f64,
    public mass: f64,
  ) {}
}

const bodies = new StaticArray<Body>(5);
for (let i = 0; i < 5; i++) bodies[i] = new Body(0, 0, 0, 1 + i);

export function run(n: i32): i32 {
  for (let i = 0; i < 5; i++) {
    const body = bodies[i];
    body.x = i * 1.3 + 1;
    body.y = i * 0.7;
    body.z = i * 0.2;
    body.vx = body.vy = body.vz = 0;
  }
  for (let step = 0; step < n; step++) {
    for (let i = 0; i < 5; i++) {
      const a = bodies[i];
      for (let j = i + 1; j < 5; j++) {
        const b = bodies[j];
        const dx = a.x - b.x;
        const dy = a.y - b.y;
        const dz = a.z - b.z;
        const d2 = dx * dx + dy * dy + dz * dz + 0.01;
        const magnitude = 0.001 / (d2 * Math.sqrt(d2));
        a.vx -= dx * b.mass * magnitude;
        a.vy -= dy * b.mass * magnitude;
        a.vz -= dz * b.mass * magnitude;
        b.vx += dx * a.mass * magnitude;
        b.vy += dy * a.mass * magnitude;
        b.vz += dz * a.mass * magnitude;
      }
    }
    for (let i = 0; i < 5; i++) {
      const a = bodies[i];
      a.x += 0.001 * a.vx;
      a.y += 0.001 * a.vy;
      a.z += 0.001 * a.vz;
    }
  }
  return <i32>(bodies[0].x * 1e6);
}
