"""The Exhibits page: a question, a guess, and what is true."""

import re

import pytest

from riskcore.dashboard.exhibits import EXHIBITS

from .reading import checked, words

# What the answer must say: numbers that METHODS and the sources state, or that are worked out by hand.
ANSWERS = {
    1: "VaR does not move at all",
    2: "60\N{NO-BREAK SPACE}% of the money, not of the risk",
    3: "reports success after 1 step",
    4: "one more observation of 501",
    5: "49.2, 49.0, 49.5",
    6: "10\N{NO-BREAK SPACE}% makes the median gambler richest",
    7: "Daily returns say 1.9\N{NO-BREAK SPACE}%, weekly returns 7.7",
    8: "QQQ moves most",
}


@pytest.mark.parametrize("number", ANSWERS)
def test_the_answer_comes_after_the_question_and_its_script_prints_it(open_app, capsys, number):
    hidden = checked(open_app("exhibits", exhibit=str(number)))
    assert EXHIBITS[number - 1].title in hidden.header[0].value.replace("\\", "")
    assert not hidden.subheader and not hidden.get("plotly_chart")
    app = checked(open_app("exhibits", exhibit=str(number), reveal="true"))
    said = app.subheader[0].value.replace("\\", "")
    assert said.startswith("You said") and ANSWERS[number] in said and not app.error
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})
    assert re.search(r"\d", capsys.readouterr().out)


def test_a_guess_is_repeated_and_reset_takes_it_back(open_app):
    app = checked(open_app("exhibits", exhibit="2", reveal="true", g2="75.0"))
    assert "You said 75" in app.subheader[0].value
    next(b for b in app.button if b.label == "Reset").click()
    again = checked(app.run())
    assert not again.subheader and again.slider(key="g2").value == 60.0


def test_the_frame_s_portfolios_do_not_matter_here(open_app):
    app = checked(open_app("exhibits", exhibit="7", reveal="true", data="india", conf="0.99"))
    assert ANSWERS[7] in app.subheader[0].value.replace("\\", "")
    assert "bundled sample" in words(app)
