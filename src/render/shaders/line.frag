uniform vec4 color;
uniform float half_width;
// Centre, then the radius at which the line has faded out; 0 disables fading.
uniform vec4 fade;
// Section plane as normal and offset; everything above it is removed.
uniform vec4 plane;

in vec3 world;
in vec2 at;
flat in float reach;

layout(location = 0) out vec4 pixel;

void main() {
    float beyond = max(max(-at.x, at.x - reach), 0.0);
    float away = length(vec2(beyond, at.y));
    float alpha = color.a * clamp(half_width + 0.5 - away, 0.0, 1.0);
    if (fade.w > 0.0) {
        alpha *= 1.0 - smoothstep(0.35, 1.0, length(world - fade.xyz) / fade.w);
    }
    if (alpha < 0.004 || dot(plane.xyz, world) > plane.w) {
        discard;
    }
    pixel = vec4(color.rgb, alpha);
}
