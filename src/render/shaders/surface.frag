uniform mat4 projection;
#ifdef HEAT
// Colours of distances: far inside, at the surface, far outside.
uniform vec4 inside;
uniform vec4 none;
uniform vec4 outside;
// Limit of the colour scale, mm.
uniform float span;
in float distance_mm;
#else
uniform vec4 color;
#endif
#ifdef CUT
// Section plane as normal and offset; everything above it is removed.
uniform vec4 plane;
// Whether this draws cut faces.
uniform float cap;
// Distance of hatch lines in samples.
uniform float hatch;
in vec3 world;
#endif

in vec3 eye_normal;
in vec3 eye_position;

layout(location = 0) out vec4 pixel;

// The light is fixed to the camera, from the upper left, so that faces of different directions have
// different shades in any view. In the isometric view the top, left and right faces of a box get about
// 1.0, 0.8 and 0.55.
const vec3 KEY = vec3(-0.30, 0.62, 0.72);

void main() {
#ifdef HEAT
    float share = clamp(distance_mm / span, -1.0, 1.0);
    vec4 base = mix(none, share < 0.0 ? inside : outside, abs(share));
    // Weak shading, because strong shading would look like distance.
    float flatten_light = 0.55;
#else
    vec4 base = color;
    float flatten_light = 0.0;
#endif
#ifdef CUT
    if (dot(plane.xyz, world) > plane.w) {
        discard;
    }
    if (cap > 0.5) {
        float along = mod(gl_FragCoord.x + gl_FragCoord.y, hatch);
        float line = smoothstep(0.0, 1.0, along) * (1.0 - smoothstep(1.0, 2.0, along));
        pixel = vec4(base.rgb * mix(0.62, 0.34, line), 1.0);
        return;
    }
#endif
    vec3 normal = normalize(eye_normal);
    vec3 to_eye = projection[3][3] == 0.0 ? normalize(-eye_position) : vec3(0.0, 0.0, 1.0);
    bool seen_from_behind = dot(normal, to_eye) < 0.0;
    if (seen_from_behind) {
        normal = -normal;
    }
    float key = max(dot(normal, normalize(KEY)), 0.0);
    float fill = 0.5 + 0.5 * dot(normal, normalize(vec3(0.6, -0.2, 0.6)));
    float light = mix(0.38 + 0.50 * key + 0.18 * fill, 1.0, flatten_light);
    vec3 shade = base.rgb * light;
    if (seen_from_behind) {
        // The inside of a surface is visible only if a part is open or inverted: mark it.
        shade = mix(shade, vec3(dot(shade, vec3(0.33))), 0.7) * 0.62;
    }
    pixel = vec4(shade, base.a);
}
