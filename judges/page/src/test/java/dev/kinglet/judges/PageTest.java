package dev.kinglet.judges;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.JSHandle;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a browser, when there is one: {@code -Dchromium=PATH}, or where Debian puts it. */
@Tag("native")
@Tag("system")
class PageTest {
    private static final Path CHROMIUM = Path.of(System.getProperty("chromium", "/usr/bin/chromium"));
    private static final Path SHOTS = Path.of("target", "screenshots");

    @TempDir
    static Path folder;

    private static ServerProcess server;
    private static Playwright playwright;
    private static Browser browser;

    private final List<String> complaints = new ArrayList<>();
    private Page page;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(CHROMIUM), "no browser at " + CHROMIUM);
        Path model = folder.resolve("objects.onnx");
        ServerProcess.kinglet("export", "--model", "resnet20_cifar", "--output", model);
        server = ServerProcess.serve(model);
        PlaywrightAssertions.setDefaultAssertionTimeout(30_000); // a busy machine may take more than the usual 5 s
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(CHROMIUM)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu")));
    }

    @AfterAll
    static void stop() {
        if (playwright != null) {
            browser.close();
            playwright.close();
            server.close();
        }
    }

    @BeforeEach
    void open() {
        page = browser.newPage(new Browser.NewPageOptions().setViewportSize(1100, 760));
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && !message.text().contains("400")) {
                complaints.add(message.text());
            }
        });
        page.onRequest(request -> {
            String scheme = URI.create(request.url()).getScheme();
            if (!request.url().startsWith(server.uri().toString()) && !scheme.equals("blob")) {
                complaints.add("asks " + request.url());
            }
        });
        page.navigate(server.uri().toString());
        assertThat(page.getByLabel("Model", new Page.GetByLabelOptions().setExact(false))
                        .first())
                .hasValue("objects");
    }

    @AfterEach
    void nothing_was_asked_elsewhere() {
        if (page != null) {
            page.close();
            assertThat(complaints).isEmpty();
        }
    }

    private void shoot(String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }

    private void choose(String name, byte[] content) {
        page.setInputFiles("#file", new FilePayload(name, "image/png", content));
    }

    @Test
    void an_empty_page_says_what_to_do_and_what_the_model_is() {
        assertThat(page.getByRole(AriaRole.STATUS)).hasText("No image yet.");
        assertThat(page.locator("#card")).containsText("resnet20_cifar");
        assertThat(page.locator("#card")).containsText("32 x 32 pixels");
        shoot("page-empty");
    }

    @Test
    void a_chosen_file_gets_its_best_classes() throws IOException {
        choose("circle.png", Drawing.png(200, 160));
        assertThat(page.getByRole(AriaRole.STATUS)).hasText(Pattern.compile("circle.png: .*, answered in \\d+ ms\\."));
        assertThat(page.locator("#classes li")).hasCount(5);
        assertThat(page.getByRole(AriaRole.IMG)).hasAttribute("alt", "Your image, circle.png");
        shoot("page-result");
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        shoot("page-dark");
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        page.setViewportSize(360, 700);
        assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .isTrue();
        shoot("page-narrow");
    }

    /** A file as a browser hands it over when it is dropped or pasted. */
    private JSHandle transfer(String name) throws IOException {
        String file = Base64.getEncoder().encodeToString(Drawing.png(90, 70));
        return page.evaluateHandle(
                "([name, file]) => { const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));"
                        + " const transfer = new DataTransfer();"
                        + " transfer.items.add(new File([bytes], name, {type: 'image/png'})); return transfer; }",
                List.of(name, file));
    }

    @Test
    void a_file_may_be_dropped_or_pasted() throws IOException {
        page.dispatchEvent("#drop", "drop", Map.of("dataTransfer", transfer("dropped.png")));
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("dropped.png: ");
        page.evaluate(
                "(data) => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}))",
                transfer("pasted.png"));
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("pasted.png: ");
        assertThat(page.locator("#classes li")).hasCount(5);
    }

    @Test
    void of_several_files_the_last_ones_answer_is_shown() throws IOException {
        List<Route> held = new ArrayList<>();
        page.route("**/predictions/**", route -> {
            if (held.isEmpty()) {
                held.add(route);
            } else {
                route.resume();
            }
        });
        choose("first.png", Drawing.png(90, 70));
        choose("second.png", Drawing.png(50, 70));
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("second.png: ");
        held.get(0).resume();
        page.waitForTimeout(500); // in which the first answer comes
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("second.png: ");
    }

    @Test
    void a_file_that_is_no_image_gets_an_error_and_the_next_one_an_answer() throws IOException {
        choose("letter.png", "Dear reader".getBytes(StandardCharsets.UTF_8));
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("image 0");
        assertThat(page.locator("#preview")).isHidden();
        shoot("page-error");
        choose("circle.png", Drawing.png(64, 64));
        assertThat(page.locator("#classes li")).hasCount(5);
        assertThat(page.getByRole(AriaRole.ALERT)).isHidden();
    }

    @Test
    void the_keyboard_is_enough() {
        page.keyboard().press("Tab");
        assertThat(page.locator("#model")).isFocused();
        page.keyboard().press("Tab");
        assertThat(page.locator("#file")).isFocused();
        page.keyboard().press("Tab");
        assertThat(page.locator("#sample")).isFocused();
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.STATUS)).containsText("a drawn sample");
        assertThat(page.locator("#classes li")).hasCount(5);
    }
}
