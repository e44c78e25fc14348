# Pictures of all kinds of values: well formed, told to those who cannot see
# them, and with every text and mark inside and no text on another. Widths of
# text are those of Helvetica in Adobe's font metrics (which Arial has too);
# what is no ASCII is taken as broad as an m, East Asia as its size.
#
#   python3 indicator-layout.py NIB-INDICATOR FOLDER
import itertools, os, subprocess, sys
import xml.etree.ElementTree as ET

tool, folder = sys.argv[1:]
SVG = "{http://www.w3.org/2000/svg}"
AFM = ("278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 " + "556 " * 10 +
       "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 "
       "778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 "
       "556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 "
       "500 500 334 260 334 584").split()
AFM = [int(w) for w in AFM]
assert len(AFM) == 95

YEARS = ["2019/20", "2020/21", "2021/22", "2022/23", "2023/24"]
MONTHS = [f"{y}-{m:02}" for y in range(2004, 2024) for m in range(1, 13)]
LONG = ["Bwrdd Iechyd Prifysgol Betsi Cadwaladr yng Ngogledd Cymru a'r Ŵyl Ŷd",
        "WWWWWWWWWWWWWWWWWWWW MMMMMMMMMMMMMMMMMM %%%%%%%%%%%%%%%%%%",
        'Smith & Sons <Royal> "Infirmary" \'of\' the Surrounding Districts, NHS Trust',
        "日本語の病院名前はとても長いのでここで切れるかもしれない東京都千代田区",
        "]]> --> &amp; <script>alert(1)</script>", "a\x01b\x0bc\x1f", "Ŵ"]
ALL = "England, Wales, Scotland and Northern Ireland together <all>"
TITLE = ["--title", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2 + " 日" * 90]
FOUR = "ae_return_four_hours"


def rows(areas, periods, value, width=3):
    for (i, a), (k, p) in itertools.product(enumerate(areas), enumerate(periods)):
        v = value(i, k)
        yield [a, p, 100 if v is None else v, 100 + 10 * i, "" if v is None else v,
               "" if v is None else v - width, "" if v is None else v + width]


def shares(i, k):
    return min(97, 3 + (i * 37 + k * 11) % 95)


CASES = {
    "one": (FOUR, rows(["A", ALL], YEARS, shares)),
    "few": (FOUR, rows(["A", "B", "C", ALL], YEARS, shares)),
    "many": (FOUR, rows([f"R{i:03}" for i in range(150)] + [ALL], YEARS[:1], shares)),
    "long": (FOUR, rows(LONG + [ALL], YEARS, shares)),
    "equal": (FOUR, rows(["A", "B", ALL], YEARS, lambda i, k: 50, 0)),
    "none": (FOUR, rows(["A", "B", ALL], YEARS, lambda i, k: 0, 0)),
    "full": (FOUR, rows(["A", "B", ALL], YEARS, lambda i, k: 100, 0)),
    "holes": (FOUR, rows(["A", "B", "C", ALL], YEARS,
                         lambda i, k: None if (i + k) % 3 == 0 else 60 + 5 * i)),
    "far": (FOUR, rows(["A", "B", ALL], YEARS, lambda i, k: 4 + i + k % 2 / 4, .25)),
    "alone": (FOUR, rows(["A", ALL], YEARS[:1], shares)),
    "months": (FOUR + "_monthly", rows(["A", "B", ALL], MONTHS[:60], shares)),
    "centuries": (FOUR + "_monthly", rows(["A", ALL], MONTHS[:200], shares)),
    "huge": ("cost_per_spell", rows(["A", "B", ALL], YEARS,
                                    lambda i, k: 1e9 * (i + 1) + k * 1e7, 1e6)),
    "tiny": ("shmi", rows(["A", "B", ALL], YEARS, lambda i, k: 1e-5 * (i + 1 + k), 1e-6)),
    "signs": ("proms_hip_eq5d_gain", rows(["A", "B", "C", ALL], YEARS,
                                          lambda i, k: .2 * i - .3 + .01 * k, .1)),
}


def width(text, size):
    return sum(AFM[ord(c) - 32] if " " <= c <= "~" else 1000 if ord(c) >= 0x1100 else 833
               for c in text) * size / 1000


def boxes(root):
    for t in root.iter(SVG + "text"):
        size, x, y = (float(t.get(k)) for k in ("font-size", "x", "y"))
        w = width(t.text or "", size) * (1.08 if t.get("font-weight") else 1)
        left = x - {"start": 0, "middle": w / 2, "end": w}[t.get("text-anchor")]
        # From the top of a capital to a little below the line.
        yield left, y - .72 * size, left + w, y + .1 * size, t.text


def look(name, text):
    def fail(what):
        global bad
        bad += 1
        print(f"{name}: {what}")

    root = ET.fromstring(text)
    w, h = float(root.get("width")), float(root.get("height"))
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    if len(ids) != len(set(ids)):
        fail("an id is there twice")
    named = [root.find(f".//*[@id='{i}']") for i in root.get("aria-labelledby").split()]
    if root.get("role") != "img" or [e.tag for e in named] != [SVG + "title", SVG + "desc"] or \
            not all(e.text for e in named):
        fail("no title and description")
    if any("nan" in v or "inf" in v for e in root.iter() for k, v in e.items() if k != "id"):
        fail("a number that is none")
    all_boxes = list(boxes(root))
    for i, a in enumerate(all_boxes):
        if a[0] < 0 or a[1] < 0 or a[2] > w or a[3] > h:
            fail(f"outside: {a}")
        for b in all_boxes[:i]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                fail(f"one on another: {a} {b}")
    for c in root.iter(SVG + "circle"):
        x, y, r = (float(c.get(k)) for k in ("cx", "cy", "r"))
        if x < r or y < r or x + r > w or y + r > h:
            fail("a mark outside")


def quoted(cell):
    return '"' + str(cell).replace('"', '""') + '"'


bad = drawn = 0
for name, (indicator, values) in CASES.items():
    values = list(values)
    path = os.path.join(folder, name + ".csv")
    with open(path, "w") as f:
        f.write("indicator,area,period,count,denominator,value,lower_95,upper_95\n")
        for r in values:
            f.write(",".join(map(quoted, [indicator] + r)) + "\n")
    for kind in "funnel", "league", "trend", "spc", "map-table":
        for more in [], ["-c", ALL]:
            area = ["-a", values[0][0]] if kind in ("trend", "spc") else []
            ran = subprocess.run([tool, "chart", kind, "--source", "Artificial data"] + more +
                                 area + TITLE * (name == "long") + [indicator, path],
                                 capture_output=True)
            if ran.returncode == 2 and kind == "funnel" and (
                    b"a funnel plot is for" in ran.stderr or b"no average" in ran.stderr):
                continue
            if ran.returncode != 0:
                print(name, kind, ran.stderr.decode())
                bad += 1
                continue
            drawn += 1
            look(f"{kind} {name}{' compared' if more else ''}", ran.stdout.decode())
if drawn < 100:
    print(f"only {drawn} pictures")
    bad += 1
sys.exit(bad > 0)
