"""The Exhibits page: a question, a guess, and what is true."""

import pytest

from riskcore.dashboard.exhibits import EXHIBITS

from .reading import checked, words

# What the answer must say: numbers that METHODS and the sources state, or that are worked out by hand.
ANSWERS = {
    1: "VaR does not move at all",
    2: "60\N{NO-BREAK SPACE}% of the money, not of the risk",
    3: "reports success after 1 step",
    4: "one more observation of 501",
    5: "exact 49.2, mean beyond VaR 49.0, two worst 49.5",
    6: "makes the median gambler richest: it turns 1 into 150",
    7: "Daily returns say 1.9\N{NO-BREAK SPACE}%, weekly returns 7.7",
    8: "QQQ moves most",
}


# What the script of each exhibit must print of its answer.
PRINTED = {
    1: ("0.0105815369", "0.0303366080", "0.1772285590"),
    2: ("0.991233",),
    3: ("0.006866", "0.142857"),
    4: ("0.044134",),
    5: ("49.2", "48.9999", "49.5"),
    6: ("1.496601e+02", "8.713236e-01"),
    7: ("0.185", "0.77"),
    8: ("4560.1", "-0.0018"),
}


@pytest.mark.parametrize("number", ANSWERS)
def test_the_answer_comes_after_the_question_and_its_script_prints_it(open_app, capsys, number):
    hidden = checked(open_app("exhibits", exhibit=str(number)))
    assert EXHIBITS[number - 1].title in hidden.header[0].value.replace("\\", "")
    assert not hidden.subheader and not hidden.get("plotly_chart")
    app = checked(open_app("exhibits", exhibit=str(number), reveal="true"))
    said = app.subheader[0].value.replace("\\", "")
    # Nobody has guessed yet, so no guess is put into anybody's mouth.
    assert not said.startswith("You said") and ANSWERS[number] in said and not app.error
    assert app.get("plotly_chart")
    script = next(c.value for c in app.code if c.language == "python")
    exec(compile(script, "script", "exec"), {})
    printed = capsys.readouterr().out
    assert all(part in printed for part in PRINTED[number]), printed


def test_a_guess_is_repeated_and_reset_takes_it_back(open_app):
    app = checked(open_app("exhibits", exhibit="2", reveal="true", g2="75.0"))
    assert "You said 75" in app.subheader[0].value
    next(b for b in app.button if b.label == "Reset").click()
    again = checked(app.run())
    assert not again.subheader and again.slider(key="g2").value == 60.0


def test_a_choice_is_empty_until_made_and_another_exhibit_hides_its_answer(open_app):
    app = checked(open_app("exhibits", exhibit="8", reveal="true", g8="HANGSENG"))
    assert app.subheader[0].value.startswith("You said HANGSENG")
    next(b for b in app.button if b.label == "Reset").click()
    assert checked(app.run()).segmented_control(key="g8").value is None
    app.toggle(key="reveal").set_value(True)
    assert checked(app.run()).subheader
    app.segmented_control(key="exhibit").set_value("3")
    assert not checked(app.run()).subheader


def test_the_guessed_stake_is_drawn_beside_the_others(open_app):
    app = checked(open_app("exhibits", exhibit="6", reveal="true", g6="25.0"))
    assert "You said" not in app.subheader[0].value  # where the slider begins
    app.slider(key="g6").set_value(40.0)
    app = checked(app.run())
    assert "You said 40" in app.subheader[0].value and "less than a billionth" in app.subheader[0].value
    assert "you" in app.get("plotly_chart")[0].proto.spec


def test_the_frame_s_portfolios_do_not_matter_here(open_app):
    app = checked(open_app("exhibits", exhibit="7", reveal="true", data="india", conf="0.99"))
    assert ANSWERS[7] in app.subheader[0].value.replace("\\", "")
    assert "bundled sample" in words(app)
