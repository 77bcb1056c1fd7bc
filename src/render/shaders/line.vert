// Lines of a given width on the screen: each segment is an instance of two triangles, with round ends cut
// by the fragment program.
uniform mat4 view;
uniform mat4 projection;
uniform vec2 size;
uniform float half_width;
uniform float near;
// Bias towards the camera, so that lines lie in front of their faces: a fraction of the distance in
// perspective, which keeps the screen position, and mm in an orthographic view.
uniform float bias;

in vec3 start;
in vec3 end;

out vec3 world;
out vec2 at;
flat out float reach;

vec4 project(vec3 eye) {
    bool perspective = projection[3][3] == 0.0;
    eye = perspective ? eye * (1.0 - bias) : eye + vec3(0.0, 0.0, bias);
    return projection * vec4(eye, 1.0);
}

void main() {
    vec3 a = (view * vec4(start, 1.0)).xyz;
    vec3 b = (view * vec4(end, 1.0)).xyz;
    vec3 world_a = start;
    vec3 world_b = end;
    if (projection[3][3] == 0.0) {
        // Points behind the camera have no screen position: clip at the near plane.
        float limit = -near;
        if (a.z > limit && b.z > limit) {
            gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
            world = vec3(0.0);
            at = vec2(0.0);
            reach = 0.0;
            return;
        }
        if (a.z > limit) {
            float t = (limit - a.z) / (b.z - a.z);
            a = mix(a, b, t);
            world_a = mix(world_a, world_b, t);
        } else if (b.z > limit) {
            float t = (limit - b.z) / (a.z - b.z);
            b = mix(b, a, t);
            world_b = mix(world_b, world_a, t);
        }
    }
    vec4 clip_a = project(a);
    vec4 clip_b = project(b);
    vec2 pixel_a = clip_a.xy / clip_a.w * 0.5 * size;
    vec2 pixel_b = clip_b.xy / clip_b.w * 0.5 * size;
    vec2 along = pixel_b - pixel_a;
    reach = length(along);
    along = reach > 1e-4 ? along / reach : vec2(1.0, 0.0);
    vec2 across = vec2(-along.y, along.x);

    int corner = gl_VertexID % 6;
    bool second = corner == 1 || corner == 2 || corner == 4;
    float side = corner == 2 || corner == 4 || corner == 5 ? 1.0 : -1.0;
    float margin = half_width + 1.0;
    vec2 offset = along * (second ? margin : -margin) + across * side * margin;
    vec4 clip = second ? clip_b : clip_a;
    gl_Position = clip + vec4(offset / (0.5 * size) * clip.w, 0.0, 0.0);
    at = vec2(second ? reach + margin : -margin, side * margin);
    world = second ? world_b : world_a;
}
