cylinder(10, 10);
