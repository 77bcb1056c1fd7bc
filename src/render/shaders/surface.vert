uniform mat4 view;
uniform mat4 projection;
// Bias towards the camera, as in line.vert: a translucent shape over an equal one must not flicker.
uniform float bias;

in vec3 position;
in vec3 normal;
#ifdef HEAT
in float value;
out float distance_mm;
#endif
#ifdef CUT
out vec3 world;
#endif

out vec3 eye_normal;
out vec3 eye_position;

void main() {
#ifdef HEAT
    distance_mm = value;
#endif
#ifdef CUT
    world = position;
#endif
    vec4 at = view * vec4(position, 1.0);
    eye_normal = mat3(view) * normal;
    eye_position = at.xyz;
    bool perspective = projection[3][3] == 0.0;
    at.xyz = perspective ? at.xyz * (1.0 - bias) : at.xyz + vec3(0.0, 0.0, bias);
    gl_Position = projection * at;
}
