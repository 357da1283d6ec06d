"""The headings by which vendors, exchanges and brokers name tickers and the figures of a day.

They save a question where they are known; `riskcore.data.ohlc` recognises tables whose headings are not.
"""

__all__ = ["CODE_WORDS", "FIELDS", "TICKER_WORDS"]

# Over a column of numbers these words still mean tickers (0700); the others may be the name of an asset.
CODE_WORDS = frozenset(
    "ticker symbol isin ric sedol cusip code símbolo simbolo symbole wkn valor valoren kürzel тикер код "
    "代码 代號 コード 銘柄コード 종목코드 <ticker>".split()
)
TICKER_WORDS = CODE_WORDS | frozenset(
    "tickers asset assets instrument security name stock fund wertpapier titre titulo título valore activo "
    "инструмент бумага 名称 銘柄 종목".split()
)
WORDS = {
    "adjusted": "adj close|adj. close|adj_close|adjclose|adjusted close|adjusted_close|調整後終値|"
    "調整後終値*|复权收盘价|bereinigter schluss|clôture ajustée|cierre ajustado",
    "close": "close|close/last|last|<close>|price|last price|close price|schluss|schlusskurs|zuletzt|letzter|"
    "cierre|último|ultimo|dernier|clôture|cloture|chiusura|fechamento|slotkoers|slut|stängning|"
    "päätöskurssi|zamknięcie|zamkniecie|záróár|kapanış|şimdi|цена|закрытие|終値|收盘|收盘价|收盤價|종가|"
    "बंद|إغلاق",
    "open": "open|<open>|open price|eröffnung|erster|apertura|ouverture|ouv.|abertura|opening|öppning|"
    "otwarcie|açılış|откр.|открытие|始値|开盘|开盘价|開盤價|시가|खुला|فتح",
    "high": "high|<high>|high price|hoch|tageshoch|máximo|maximo|max|max.|plus haut|+ haut|massimo|máxima|"
    "hoog|högst|najwyższy|najwyzszy|yüksek|макс.|максимум|高値|最高|最高价|最高價|고가|उच्च",
    "low": "low|<low>|low price|tief|tagestief|mínimo|minimo|min|min.|plus bas|+ bas|mínima|laag|lägst|"
    "najniższy|najnizszy|düşük|мин.|минимум|安値|最低|最低价|最低價|저가|निम्न",
    "volume": "volume|vol|vol.|<vol>|volumen|umsatz|stück|stücke|wolumen|hacim|hac.|объём|объем|"
    "出来高|成交量|거래량|volym|omsetning|volume (shares)|shares traded|मात्रा",
    "prev": "prev close|prev. close|prev_close|previous close|vortag|<per>|<time>|<openint>|openint",
}
FIELDS = {word: field for field, words in WORDS.items() for word in words.split("|")}
