uniform mat4 projection;
uniform vec4 color;

in vec3 eye_normal;
in vec3 eye_position;

layout(location = 0) out vec4 pixel;

// The light travels with the eye, over its left shoulder: from any side, faces of different directions
// have different shades. In the isometric view the top, left and right faces of a box come out at about
// 1.0, 0.8 and 0.55.
const vec3 KEY = vec3(-0.30, 0.62, 0.72);

void main() {
    vec3 normal = normalize(eye_normal);
    vec3 to_eye = projection[3][3] == 0.0 ? normalize(-eye_position) : vec3(0.0, 0.0, 1.0);
    bool inside = dot(normal, to_eye) < 0.0;
    if (inside) {
        normal = -normal;
    }
    float key = max(dot(normal, normalize(KEY)), 0.0);
    float fill = 0.5 + 0.5 * dot(normal, normalize(vec3(0.6, -0.2, 0.6)));
    float light = 0.38 + 0.50 * key + 0.18 * fill;
    vec3 shade = color.rgb * light;
    if (inside) {
        // The inside of a skin is seen only where a part is open or inside out: tell it apart.
        shade = mix(shade, vec3(dot(shade, vec3(0.33))), 0.7) * 0.62;
    }
    pixel = vec4(shade, color.a);
}
