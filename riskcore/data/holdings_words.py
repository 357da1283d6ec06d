"""What the columns and rows of a table of holdings are called, in the languages brokers write.

A word only proposes: the cells below must be of the right kind, and where no word is known the structure
of the numbers decides.
"""

import re

__all__ = ["CURRENCIES", "LONG", "PARTS", "ROLES", "SHORT", "currency_in", "is_cash", "is_isin", "role_of"]

ROLES = ("ticker", "isin", "name", "side", "currency", "shares", "price", "amount", "weight")

# A heading with one of these is about the past, the yield or the kind of an asset, not about what is held.
OTHER = frozenset(
    """cost costs avg average purchase purchased paid book basis acquired acquisition einstand einstandskurs
    einstandswert einstandspreis kaufkurs kaufpreis kaufwert buchwert anschaffung revient pru achat compra
    coste carico acquisto aankoop inkoop gak gain gains loss profit pnl pl performance return returns
    change yield day today gewinn verlust veränderung rendite diff differenz latente latent plusvalue
    ganancia rentabilidad variation variación variazione guadagno dividend dividende dividendo accrued
    interest zins stückzins date datum fecha data time valuta exchange börse mercado place sector sektor
    secteur country land pays region class classe klasse gattung rating maturity duration fee fees
    tax beta volatility risk""".split()
)
ACCOUNT = frozenset("account acct konto depot compte cuenta conto conta rekening number nummer nr no".split())
WORDS: dict[str, frozenset[str]] = {
    "currency": frozenset("currency ccy curr währung whg devise divisa moneda moeda valuta munt".split()),
    "isin": frozenset(["isin"]),
    "ticker": frozenset(
        "ticker tickers symbol sym code kürzel símbolo simbolo symbole wkn ric sedol cusip mnemonic".split()
    ),
    "price": frozenset(
        """price px last mark closing quote nav kurs preis aktienkurs cours prix cotation precio
        cotización cotizacion prezzo quotazione preço cotação koers prijs pris cena цена""".split()
    ),
    "weight": frozenset(
        """weight weights weighting percent percentage wgt allocation gewicht gewichtung anteil
        depotanteil portfolioanteil poids pondération ponderation peso ponderación
        pesos weging vikt udział доля %""".split()
    ),
    "shares": frozenset(
        """shares share units unit quantity qty stück stk stücke anzahl nominale nominal bestand quantité
        quantite parts titres nombre cantidad títulos titulos acciones participaciones quantità quantita
        quote azioni quantidade ações aantal antal aktier sztuk ilość количество contracts""".split()
    ),
    "amount": frozenset(
        """amount value mv wert betrag kurswert marktwert depotwert gesamtwert gegenwert valeur montant
        valorisation évaluation evaluation valor importe efectivo saldo valore controvalore importo
        valor waarde belopp värde marknadsvärde wartość стоимость exposure notional balance""".split()
    ),
    "side": frozenset("side direction richtung sens sentido lato l/s".split()),
    "name": frozenset(
        """name description security instrument asset assets holding holdings fund product investment stock
        position bezeichnung wertpapier wertpapiername titel titre libellé libelle valeurs nom descripción
        descripcion nombre producto activo título titulo denominazione strumento nome produto ativo naam
        omschrijving fonds namn nazwa бумага company""".split()
    ),
}
# Written without blanks between words: found anywhere in the heading.
SIGNS: dict[str, tuple[str, ...]] = {
    "currency": ("币种", "通貨", "통화"),
    "weight": ("占比", "比重", "比例", "構成比", "비중"),
    "amount": ("市值", "金额", "金額", "時価", "評価額", "평가금액"),
    "price": ("现价", "价格", "单价", "株価", "現在値", "현재가"),
    "shares": ("数量", "股数", "株数", "수량"),
    "ticker": ("代码", "コード", "코드"),
    "name": ("名称", "銘柄", "종목"),
}
LONG = frozenset("long l buy bought kauf achat compra acquisto koop lang".split())
SHORT = frozenset("short s sell sold verkauf leerverkauf vente venta vendita verkoop kurz".split())
CURRENCIES = frozenset(
    """AED AUD BGN BRL CAD CHF CLP CNH CNY COP CZK DKK EGP EUR GBP GBX GBp GBP HKD HUF IDR ILS ILA INR ISK
    JPY KRW KWD MAD MXN MYR NOK NZD PEN PHP PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR
    ZAc""".split()
)
# Quoted in hundredths: the unit of account, and what one of it is worth in that.
PARTS = {"GBX": ("GBP", 0.01), "GBp": ("GBP", 0.01), "ZAc": ("ZAR", 0.01), "ILA": ("ILS", 0.01)}
SYMBOLS = {
    "$": "USD",
    "US$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "R$": "BRL",
    "HK$": "HKD",
}
CASH = re.compile(
    r"\b(?:cash|liquidity|liquidität|liquide mittel|kasse|bargeld|barmittel|(?:bank)?guthaben|"
    r"verrechnungskonto|geldkonto|liquidités?|espèces|trésorerie|efectivo|liquidez|contanti|liquidità|"
    r"caixa|disponibilidades|contanten|kontanter|kassa|gotówka|settlement account|наличные)\b|现金|現金|현금",
    re.IGNORECASE,
)
CASH_WORDS = 5
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
CODE = re.compile(r"(?<![A-Za-z])([A-Z]{2}[A-Zpc])(?![A-Za-z])")


def role_of(heading: str) -> str:
    """Return the role a heading names: one of `ROLES`, "other" for what is known and not needed, or "".

    Examples
    --------
    >>> role_of("Market value (EUR)"), role_of("Stück"), role_of("Average price"), role_of("Kolumna 1")
    ('amount', 'shares', 'other', '')
    """
    words = heading.casefold()
    tokens = set(re.findall(r"[^\W\d_]+|%", words)) | {words.strip()}
    if tokens & OTHER or "p&l" in words or "p/l" in words or "+/-" in words:
        return "other"
    if tokens & ACCOUNT and not tokens & (WORDS["weight"] | WORDS["amount"]):
        return "other"  # "Account name" names no asset, while "% of account" is a weight
    for role in ("currency", "isin", "ticker", "price", "weight", "amount", "shares", "side", "name"):
        # "Valeur" over text is a name and over numbers an amount: the caller looks at the cells.
        if tokens & WORDS[role] or any(sign in words for sign in SIGNS.get(role, ())):
            return role
    return ""


def currency_in(text: str) -> str:
    """Return the currency a heading or a cell's sign names, as a code; empty where there is none.

    Examples
    --------
    >>> currency_in("Wert in EUR"), currency_in("$"), currency_in("Value")
    ('EUR', 'USD', '')
    """
    sign = text.strip()
    if sign in SYMBOLS:
        return SYMBOLS[sign]
    found = [code for code in CODE.findall(text) if code in CURRENCIES]
    if found:
        return str(found[0])
    return next((SYMBOLS[s] for s in "€£₹₩$" if s in text), "")


def is_cash(label: str) -> bool:
    """Whether a row is money in the account. A fund with cash in a long name is not.

    Examples
    --------
    >>> is_cash("Cash & equivalents"), is_cash("Liquidités EUR"), is_cash("Cashmere Inc")
    (True, True, False)
    """
    return bool(CASH.search(label)) and len(label.split()) <= CASH_WORDS


def is_isin(cell: str) -> bool:
    """Whether the cell is an ISIN: its form and its check digit (Luhn, letters as 10 to 35) are right.

    Examples
    --------
    >>> is_isin("US0378331005"), is_isin("US0378331006")
    (True, False)
    """
    text = cell.strip().upper()
    if not ISIN.fullmatch(text):
        return False
    digits = "".join(str(int(c, 36)) for c in text)
    total = 0
    for k, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if k % 2 else 1)
        total += doubled // 10 + doubled % 10
    return total % 10 == 0
