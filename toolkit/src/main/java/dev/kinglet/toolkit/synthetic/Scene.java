package dev.kinglet.toolkit.synthetic;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** One synthetic image as a color for every point of the unit square: ground, clutter, the motif with its shadow, specks. */
final class Scene {
    private static final double OUTLINE = 0.02;

    private final Motif motif;
    private final Color near;
    private final Color far;
    private final double pixel;
    private final double groundX;
    private final double groundY;
    private final Ripple ripple;
    private final List<Stroke> behind = new ArrayList<>();
    private final List<Stroke> before = new ArrayList<>();

    private final double centerX;
    private final double centerY;
    private final double cos;
    private final double sin;
    private final double squeeze;
    private final double size;
    private final Color light;
    private final Color dark;
    private final double shadow;
    private final boolean outlined;

    /**
     * Draws the random parameters of an image.
     *
     * @param pixel width of a pixel; edges are that soft
     */
    Scene(Motif motif, double pixel, SplittableRandom random) {
        this.motif = motif;
        this.pixel = pixel;
        near = Color.vivid(random).mix(new Color(0.9, 0.9, 0.9), 0.5 * random.nextDouble());
        far = near.mix(Color.vivid(random), 0.35);
        double groundAngle = 2 * Math.PI * random.nextDouble();
        groundX = StrictMath.cos(groundAngle);
        groundY = StrictMath.sin(groundAngle);
        ripple = new Ripple(random);
        light = Color.against(near, random);
        dark = light.mix(Color.vivid(random), 0.3);
        double tilt = motif.texture() ? Math.PI * random.nextDouble() : 1.2 * (random.nextDouble() - 0.5);
        cos = StrictMath.cos(tilt);
        sin = StrictMath.sin(tilt);
        squeeze = 0.85 + 0.3 * random.nextDouble();
        size = motif.texture() ? 0.2 + 0.15 * random.nextDouble() : 0.26 + 0.16 * random.nextDouble();
        double room = motif.texture() ? 0.5 : 0.48 - size; // how far the center may lie from the image's
        centerX = 0.5 + room * (2 * random.nextDouble() - 1);
        centerY = 0.5 + room * (2 * random.nextDouble() - 1);
        shadow = random.nextDouble() < 0.5 && !motif.texture() ? 0.35 : 0;
        outlined = random.nextDouble() < 0.25;
        int strokes = random.nextInt(5);
        for (int i = 0; i < strokes; i++) {
            behind.add(new Stroke(random));
        }
        int specks = random.nextInt(3);
        for (int i = 0; i < specks; i++) {
            before.add(new Stroke(random).shortened());
        }
    }

    /** The color at a point, x to the right and y downwards, both from 0 to 1. */
    Color at(double x, double y) {
        double along = Math.min(1, Math.max(0, 0.5 + (x - 0.5) * groundX + (y - 0.5) * groundY));
        Color color = near.mix(far, along).plus(ripple.at(x, y));
        for (Stroke stroke : behind) {
            color = color.mix(stroke.color(), cover(stroke.depth(x, y)));
        }
        if (shadow > 0) {
            color = color.times(1 - shadow * cover(depth(x - 0.02, y - 0.03)));
        }
        double depth = depth(x, y);
        if (cover(depth) > 0) {
            Color inside = light.mix(dark, 1 - along).plus(0.5 * ripple.at(y, x));
            if (outlined) {
                inside = inside.times(0.45).mix(inside, cover(depth - OUTLINE));
            }
            color = color.mix(inside, cover(depth));
        }
        for (Stroke stroke : before) {
            color = color.mix(stroke.color(), cover(stroke.depth(x, y)));
        }
        return color;
    }

    /** How much of a pixel a figure covers whose edge is this far from the pixel's center. */
    private double cover(double depth) {
        return Math.min(1, Math.max(0, depth / pixel + 0.5));
    }

    /** How far inside the motif a point lies, in images' widths. */
    private double depth(double x, double y) {
        double u = ((x - centerX) * cos + (y - centerY) * sin) / size;
        double v = ((y - centerY) * cos - (x - centerX) * sin) / (size * squeeze);
        return motif.depth(u, v) * size;
    }

    /** Uneven light: two slow waves across the image. */
    private static final class Ripple {
        private final double[] frequencies = new double[4];
        private final double[] phases = new double[2];
        private final double strength;

        Ripple(SplittableRandom random) {
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] = 14 * (random.nextDouble() - 0.5);
            }
            for (int i = 0; i < phases.length; i++) {
                phases[i] = 2 * Math.PI * random.nextDouble();
            }
            strength = 0.06 * random.nextDouble();
        }

        double at(double x, double y) {
            return strength
                    * (StrictMath.sin(frequencies[0] * x + frequencies[1] * y + phases[0])
                            + StrictMath.sin(frequencies[2] * x + frequencies[3] * y + phases[1]));
        }
    }

    /** A piece of a line with round ends: clutter that is none of the motifs. */
    private record Stroke(double x, double y, double dx, double dy, double thickness, Color color) {
        Stroke(SplittableRandom random) {
            this(
                    random.nextDouble(),
                    random.nextDouble(),
                    random.nextDouble() - 0.5,
                    random.nextDouble() - 0.5,
                    0.008 + 0.014 * random.nextDouble(),
                    Color.vivid(random));
        }

        Stroke shortened() {
            return new Stroke(x, y, 0.25 * dx, 0.25 * dy, thickness, color);
        }

        /** How far inside a point lies. */
        double depth(double px, double py) {
            double t = ((px - x) * dx + (py - y) * dy) / (dx * dx + dy * dy + 1e-9);
            double nearest = Math.min(1, Math.max(0, t));
            double offX = px - x - nearest * dx;
            double offY = py - y - nearest * dy;
            return thickness - Math.sqrt(offX * offX + offY * offY);
        }
    }
}
