package dev.kinglet.toolkit.synthetic;

import java.util.Locale;

/**
 * The ten classes of the synthetic images, each a function of the plane. A shape is one figure of radius 1 about the
 * origin; a texture fills the plane with a period of 1.
 */
public enum Motif {
    CHECKERBOARD(true) {
        @Override
        double depth(double x, double y) {
            double across = edge(x);
            double down = edge(y);
            return Math.copySign(Math.min(Math.abs(across), Math.abs(down)), across * down);
        }
    },
    CROSS(false) {
        @Override
        double depth(double x, double y) {
            return Math.max(box(x, y, 1, 0.22), box(x, y, 0.22, 1));
        }
    },
    DOTS(true) {
        @Override
        double depth(double x, double y) {
            return 0.27 - length(x - StrictMath.rint(x), y - StrictMath.rint(y));
        }
    },
    MOON(false) {
        @Override
        double depth(double x, double y) {
            return Math.min(1 - length(x, y), length(x - 0.55, y) - 0.75);
        }
    },
    RING(false) {
        @Override
        double depth(double x, double y) {
            return 0.2 - Math.abs(0.8 - length(x, y));
        }
    },
    SQUARE(false) {
        @Override
        double depth(double x, double y) {
            return box(x, y, 0.8, 0.8);
        }
    },
    STAR(false) {
        @Override
        double depth(double x, double y) {
            return star(x, y);
        }
    },
    STRIPES(true) {
        @Override
        double depth(double x, double y) {
            return edge(x);
        }
    },
    TRIANGLE(false) {
        @Override
        double depth(double x, double y) {
            double side = 0.5 * Math.sqrt(3) * Math.abs(x) + 0.5 * y; // along the normal of the slanted sides
            return 0.5 - Math.max(side, -y);
        }
    },
    WAVES(true) {
        @Override
        double depth(double x, double y) {
            return 0.7 * edge(x + 0.5 * StrictMath.sin(2.6 * y));
        }
    };

    private final boolean texture;

    Motif(boolean texture) {
        this.texture = texture;
    }

    /** Whether it fills the image. */
    boolean texture() {
        return texture;
    }

    /** The class's name, and its folder's. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** How far inside the figure a point lies, about; negative outside. */
    abstract double depth(double x, double y);

    private static double length(double x, double y) {
        return Math.sqrt(x * x + y * y);
    }

    private static double box(double x, double y, double halfWidth, double halfHeight) {
        return Math.min(halfWidth - Math.abs(x), halfHeight - Math.abs(y));
    }

    /** Distance to the nearest whole or half number: above 0 in the first half of each period, below in the second. */
    private static double edge(double t) {
        double shifted = t + 0.25;
        return 0.25 - Math.abs(shifted - Math.floor(shifted) - 0.5);
    }

    /** A five-pointed star, its ten corners in turn on radius 1 and on the notch's. */
    private static double star(double x, double y) {
        double sector = 2 * Math.PI / 5;
        double radius = length(x, y);
        double angle = StrictMath.atan2(x, y);
        double folded =
                Math.abs(angle - sector * StrictMath.rint(angle / sector)); // from a tip's axis, 0 to 36 degrees
        double px = radius * StrictMath.sin(folded);
        double py = radius * StrictMath.cos(folded);
        double notch = 0.5;
        double nx = notch * StrictMath.sin(sector / 2);
        double ny = notch * StrictMath.cos(sector / 2);
        double edge = length(nx, 1 - ny); // from the tip (0, 1) to the notch
        return ((1 - py) * nx - px * (1 - ny)) / edge;
    }
}
