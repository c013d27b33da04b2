package dev.kinglet.models;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Polygon;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Simple drawings, by the class they show. */
final class Drawings {
    private Drawings() {}

    static Map<String, BufferedImage> all() {
        Map<String, BufferedImage> drawings = new LinkedHashMap<>();
        drawings.put("ship", drawn(new Color(150, 190, 230), new Color(30, 70, 130), Drawings::ship));
        drawings.put("airplane", drawn(new Color(90, 150, 220), new Color(130, 180, 235), Drawings::airplane));
        drawings.put("truck", drawn(new Color(200, 210, 220), new Color(110, 110, 110), Drawings::truck));
        drawings.put("automobile", drawn(new Color(205, 215, 225), new Color(120, 120, 120), Drawings::automobile));
        drawings.put("frog", drawn(new Color(110, 90, 60), new Color(90, 75, 50), Drawings::frog));
        return drawings;
    }

    private static BufferedImage drawn(Color background, Color ground, Consumer<Graphics2D> subject) {
        BufferedImage image = new BufferedImage(128, 128, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setPaint(new GradientPaint(0, 0, background, 0, 84, background.brighter()));
        pen.fillRect(0, 0, 128, 128);
        pen.setColor(ground);
        pen.fillRect(0, 88, 128, 40);
        subject.accept(pen);
        pen.dispose();
        return image;
    }

    private static void ship(Graphics2D pen) {
        pen.setColor(new Color(60, 60, 70));
        pen.fillPolygon(new Polygon(new int[] {10, 118, 104, 24}, new int[] {74, 74, 96, 96}, 4));
        pen.setColor(Color.WHITE);
        pen.fillRect(36, 56, 52, 18);
        pen.fillRect(46, 42, 30, 14);
        pen.setColor(new Color(170, 40, 40));
        pen.fillRect(54, 26, 8, 16);
    }

    private static void airplane(Graphics2D pen) {
        pen.setColor(new Color(235, 235, 240));
        pen.fillOval(10, 54, 108, 16);
        pen.setColor(new Color(190, 195, 205));
        pen.fillPolygon(new Polygon(new int[] {52, 72, 50, 34}, new int[] {64, 64, 104, 104}, 4));
        pen.fillPolygon(new Polygon(new int[] {56, 72, 60, 48}, new int[] {58, 58, 28, 28}, 4));
        pen.fillPolygon(new Polygon(new int[] {12, 26, 14, 4}, new int[] {58, 58, 34, 34}, 4));
    }

    private static void truck(Graphics2D pen) {
        pen.setColor(new Color(240, 240, 240));
        pen.fillRect(8, 30, 78, 60);
        pen.setColor(new Color(200, 40, 40));
        pen.fillRect(86, 50, 32, 40);
        pen.setColor(new Color(60, 80, 100));
        pen.fillRect(98, 54, 16, 14);
        wheels(pen, 22, 44, 96);
    }

    private static void automobile(Graphics2D pen) {
        pen.setColor(new Color(200, 30, 30));
        pen.fillRoundRect(8, 64, 112, 28, 16, 16);
        pen.fillPolygon(new Polygon(new int[] {30, 44, 84, 102}, new int[] {66, 44, 44, 66}, 4));
        pen.setColor(new Color(50, 60, 80));
        pen.fillPolygon(new Polygon(new int[] {38, 48, 62, 62}, new int[] {64, 48, 48, 64}, 4));
        pen.fillPolygon(new Polygon(new int[] {66, 66, 82, 94}, new int[] {64, 48, 48, 64}, 4));
        wheels(pen, 24, 88);
    }

    private static void wheels(Graphics2D pen, int... lefts) {
        for (int left : lefts) {
            pen.setColor(new Color(20, 20, 20));
            pen.fillOval(left, 80, 22, 22);
            pen.setColor(new Color(150, 150, 150));
            pen.fillOval(left + 6, 86, 10, 10);
        }
    }

    private static void frog(Graphics2D pen) {
        pen.setColor(new Color(90, 140, 50));
        pen.fillOval(26, 46, 76, 50);
        pen.fillOval(66, 34, 44, 36);
        pen.fillOval(14, 74, 40, 26);
        pen.setStroke(new BasicStroke(8));
        pen.drawLine(84, 88, 96, 106);
        pen.setColor(new Color(230, 220, 120));
        pen.fillOval(84, 34, 14, 14);
        pen.setColor(Color.BLACK);
        pen.fillOval(88, 37, 7, 8);
    }
}
