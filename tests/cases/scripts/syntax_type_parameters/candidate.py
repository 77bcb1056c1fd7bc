import cadquery as cq
def first[T](items: list[T]) -> T:
    return items[0]
class Sizes[K](dict):
    def take(self, key: K) -> float:
        return self[key]
result = cq.Workplane().box(first([1, 9]), Sizes(y=2).take("y"), 3)
