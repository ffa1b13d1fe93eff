"""The stations that resolve the venue's daily temperature markets, as their rules name them.

Coordinates are those of the airport or of the observatory, never of the city.
"""

from functools import cache
from typing import Final

from core.domain.weather.stations import COLUMNS, Stations, parse_stations

# Both pages show the whole degrees of the airport's own reports.
_OF_AIRPORTS: Final = "wunderground;noaa,half_up_int"
_AIRPORTS: Final = """
KLGA,LaGuardia Airport,40.7769,-73.8740,America/New_York,nyc;new-york-city;new-york
KORD,Chicago O'Hare Intl Airport,41.9742,-87.9073,America/Chicago,chicago
KATL,Hartsfield-Jackson Atlanta International Airport,33.6367,-84.4281,America/New_York,atlanta
KMIA,Miami Intl Airport,25.7959,-80.2870,America/New_York,miami
KDAL,Dallas Love Field,32.8471,-96.8518,America/Chicago,dallas
KHOU,William P. Hobby Airport,29.6454,-95.2789,America/Chicago,houston
KAUS,Austin-Bergstrom International Airport,30.1945,-97.6699,America/Chicago,austin
KBKF,Buckley Space Force Base;Buckley AFB,39.7017,-104.7517,America/Denver,denver
KLAX,Los Angeles International Airport,33.9425,-118.4081,America/Los_Angeles,los-angeles;la
KSFO,San Francisco International Airport,37.6190,-122.3749,America/Los_Angeles,san-francisco;sf
KSEA,Seattle-Tacoma International Airport,47.4502,-122.3088,America/Los_Angeles,seattle
CYYZ,Toronto Pearson Intl Airport,43.6777,-79.6248,America/Toronto,toronto
MMMX,Benito Juarez International Airport,19.4363,-99.0721,America/Mexico_City,mexico-city
MPMG,Marcos A. Gelabert Intl Airport,8.9733,-79.5556,America/Panama,panama-city
SBGR,Sao Paulo-Guarulhos International Airport,-23.4356,-46.4731,America/Sao_Paulo,sao-paulo
SAEZ,Minister Pistarini Intl Airport,-34.8222,-58.5358,America/Argentina/Buenos_Aires,buenos-aires
EGLC,London City Airport,51.5053,0.0553,Europe/London,london
LFPB,Paris-Le Bourget Airport,48.9694,2.4414,Europe/Paris,paris
LFPG,Charles de Gaulle Airport,49.0097,2.5479,Europe/Paris,paris
EDDM,Munich Airport,48.3538,11.7861,Europe/Berlin,munich
LEMD,Adolfo Suarez Madrid-Barajas Airport,40.4719,-3.5626,Europe/Madrid,madrid
LIMC,Malpensa Intl Airport,45.6306,8.7281,Europe/Rome,milan
EHAM,Amsterdam Airport Schiphol,52.3086,4.7639,Europe/Amsterdam,amsterdam
EFHK,Helsinki Vantaa Airport,60.3172,24.9633,Europe/Helsinki,helsinki
EPWA,Warsaw Chopin Airport,52.1657,20.9671,Europe/Warsaw,warsaw
UUWW,Vnukovo International Airport,55.5915,37.2615,Europe/Moscow,moscow
LTAC,Esenboga Intl Airport,40.1281,32.9951,Europe/Istanbul,ankara
LTFM,Istanbul Airport,41.2753,28.7519,Europe/Istanbul,istanbul
LLBG,Ben Gurion International Airport,32.0114,34.8867,Asia/Jerusalem,tel-aviv
OEJN,King Abdulaziz International Airport,21.6796,39.1565,Asia/Riyadh,jeddah
OPKC,Jinnah International Airport,24.9065,67.1608,Asia/Karachi,karachi
VILK,Chaudhary Charan Singh International Airport,26.7606,80.8893,Asia/Kolkata,lucknow
DNMM,Murtala Muhammed International Airport;Murtala Muhammad,6.5774,3.3212,Africa/Lagos,lagos
FACT,Cape Town International Airport,-33.9648,18.6017,Africa/Johannesburg,cape-town
RJTT,Tokyo Haneda Airport,35.5523,139.7797,Asia/Tokyo,tokyo
RKSI,Incheon Intl Airport,37.4602,126.4407,Asia/Seoul,seoul
RKPK,Gimhae Intl Airport,35.1795,128.9382,Asia/Seoul,busan
ZBAA,Beijing Capital International Airport,40.0801,116.5846,Asia/Shanghai,beijing
ZSPD,Shanghai Pudong International Airport,31.1434,121.8052,Asia/Shanghai,shanghai
ZUUU,Chengdu Shuangliu International Airport,30.5785,103.9471,Asia/Shanghai,chengdu
ZUCK,Chongqing Jiangbei International Airport,29.7192,106.6417,Asia/Shanghai,chongqing
ZGGG,Guangzhou Baiyun International Airport,23.3924,113.2988,Asia/Shanghai,guangzhou
ZGSZ,Shenzhen Bao'an International Airport,22.6393,113.8107,Asia/Shanghai,shenzhen
ZSJN,Jinan Yaoqiang International Airport,36.8572,117.2159,Asia/Shanghai,jinan
ZSQD,Qingdao Jiaodong International Airport,36.3619,120.0881,Asia/Shanghai,qingdao
ZHHH,Wuhan Tianhe International Airport,30.7838,114.2081,Asia/Shanghai,wuhan
ZHCC,Zhengzhou Xinzheng International Airport,34.5197,113.8409,Asia/Shanghai,zhengzhou
RCSS,Taipei Songshan Airport,25.0697,121.5525,Asia/Taipei,taipei
RCTP,Taiwan Taoyuan International Airport,25.0777,121.2328,Asia/Taipei,taipei
WMKK,Kuala Lumpur International Airport,2.7456,101.7099,Asia/Kuala_Lumpur,kuala-lumpur
RPLL,Ninoy Aquino International Airport,14.5086,121.0196,Asia/Manila,manila
WSSS,Singapore Changi Airport,1.3502,103.9940,Asia/Singapore,singapore
WIHH,Halim Perdanakusuma Intl Airport,-6.2666,106.8910,Asia/Jakarta,jakarta
NZWN,Wellington Intl Airport,-41.3272,174.8053,Pacific/Auckland,wellington
"""
_OBSERVATORIES: Final = """
HKO,Hong Kong Observatory,22.3019,114.1742,Asia/Hong_Kong,hong-kong,hko,floor_int
46692,Taipei's Central Weather Administration,25.0377,121.5149,Asia/Taipei,taipei,cwa,floor_int
"""


@cache
def known_stations() -> Stations:
    """The table as it is shipped; an operator's own may extend it."""
    airports = [f"{line},{_OF_AIRPORTS}" for line in _AIRPORTS.split("\n") if line]
    return Stations(parse_stations("\n".join((",".join(COLUMNS), *airports, _OBSERVATORIES))))
